using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>What one of the demo's clients did; a client does one thing at a time.</summary>
internal readonly record struct Operation(int Client, KvOperation Done)
{
    public bool IsWrite => Done.Kind != KvOperationKind.Get;

    public bool IsAnswered => Done.Outcome != KvOutcome.Unknown;

    /// <summary>Whether it was a write that took effect and was acknowledged.</summary>
    public bool IsAcknowledgedWrite => IsWrite && Done.Outcome == KvOutcome.Done;
}
