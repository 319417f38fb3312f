namespace Understudy.Client.Protocol;

/// <summary>
/// A rule of the client, switched off. Only the simulator says one, by the name that the mutant has everywhere else;
/// the client does not reference the kernel for it.
/// </summary>
[Flags]
internal enum ClientMutation
{
    None = 0,
    UnsafeResend = 1 << 0,
    OldEventTaken = 1 << 1,
}
