using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// TCP connections and requests go on in the order in which they came: none goes to a backend while an earlier one is
/// held.
/// </summary>
internal sealed class ForwardedInOrder : Checker
{
    public override void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
        if (passage.State != PassageState.Connecting) return;
        foreach (var earlier in forwarder.Passages.Values)
        {
            if (earlier.Number >= passage.Number) return;
            if (earlier.State != PassageState.Held) continue;
            Fail($"{forwarder.Node.Member}: {passage} overtakes {earlier}");
        }
    }
}
