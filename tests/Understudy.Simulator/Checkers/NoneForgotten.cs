using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Every TCP connection and request that a node took is waiting, at a backend, or at its end; and none waits past its
/// deadline. Every answer outside turns that has not come to its end is looked after, and no other.
/// </summary>
internal sealed class NoneForgotten : Checker
{
    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        var (atBackends, waiting) = (0, 0);
        foreach (var passage in forwarder.Passages.Values)
        {
            if (!passage.IsWaiting)
            {
                atBackends++;
                continue;
            }

            waiting++;
            var over = forwarder.Own - passage.CameAt - forwarder.Hold;
            if (over <= TimeSpan.Zero || forwarder.IsExcused(over)) continue;
            Fail($"{forwarder.Node.Member} still holds {passage}, {over} after its deadline");
        }

        if (forwarder.Counts == (atBackends, waiting)) return;
        Fail($"{forwarder.Node.Option.Id} has {forwarder.Counts}, at backends and waiting, "
            + $"of {(atBackends, waiting)}");
    }

    public override void OnOpenAnswers(SimulatedAnswers answers)
    {
        var (open, inCore) = answers.Counts;
        if (open != inCore) Fail($"{answers.Node.Option.Id} has {open} answers, and looks after {inCore}");
    }
}
