using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>A request that may not be repeated is sent to a service's program at most once.</summary>
internal sealed class SentOnce : Checker
{
    public override void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
        if (passage is not SimulatedRequest { MayRepeat: false, Sent: > 1 } request) return;
        Fail($"{forwarder.Node.Member} sends {request} for the {request.Sent}. time");
    }
}
