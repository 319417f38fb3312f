using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A TCP connection, or a request, is at the backend of who is primary in the newest map that the node has, and at
/// another's no longer than a planned move grants; and it is not taken back from the primary's without need.
/// </summary>
internal sealed class ForwardedToPrimary : Checker
{
    public override void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
        if (forwarder.Primary is { } primary && primary == passage.Backend && primary.Node == passage.Target) return;
        if (passage.Moved is var (since, grant) && forwarder.Own < since + grant) return;
        Fail($"{forwarder.Node.Member} goes on with {passage}; in its map {forwarder.Primary} is primary");
    }

    public override void OnTakenBack(SimulatedForwarder forwarder, Passage passage)
    {
        if (forwarder.Primary != passage.Backend || forwarder.IsStopping) return;
        if (forwarder.Own >= forwarder.LeaseUntil) return;
        Fail($"{forwarder.Node.Member} takes {passage} back from who is primary");
    }

    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        foreach (var passage in forwarder.Passages.Values)
        {
            if (passage.Moved is not var (since, grant) || !passage.IsOpen) continue;
            var over = forwarder.Own - since - grant;
            if (over <= TimeSpan.Zero || forwarder.IsExcused(grant == TimeSpan.Zero ? TimeSpan.Zero : over)) continue;
            Fail($"{forwarder.Node.Member} goes on with {passage} for {over} too long");
        }
    }
}
