using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>
/// What a voter must remember to keep its word: its promise and its acceptance in one instance. Durable before any
/// answer that rests on it is sent (agreement.md 2.5). <see cref="MembershipCodec.EncodeAcceptor"/> gives its bytes.
/// </summary>
/// <param name="Instance">The epoch that is being decided.</param>
/// <param name="Promised">Nothing below this ballot is accepted any more; null before the first promise.</param>
/// <param name="AcceptedBallot">The ballot of the accepted view; null while nothing is accepted.</param>
/// <param name="AcceptedView">The accepted view; null exactly when its ballot is.</param>
/// <param name="WriteCounter">How many records this disk has been given, this one included.</param>
public sealed record AcceptorRecord(
    Epoch Instance, Ballot? Promised, Ballot? AcceptedBallot, View? AcceptedView, ulong WriteCounter);
