using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Every TCP connection that a node took is waiting, spliced, or at its end; and none waits past its deadline.
/// </summary>
internal sealed class TcpNoneForgotten : Checker
{
    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        var (spliced, waiting) = (0, 0);
        foreach (var connection in forwarder.Connections.Values)
        {
            if (connection.State == ConnectionState.Spliced)
            {
                spliced++;
                continue;
            }

            waiting++;
            var over = forwarder.Own - connection.AcceptedAt - forwarder.Bounds.Hold;
            if (over <= TimeSpan.Zero || forwarder.IsExcused(over)) continue;
            Fail($"{forwarder.Node.Member} still holds {connection}, {over} after its deadline");
        }

        if (forwarder.Counts == (spliced, waiting)) return;
        Fail($"{forwarder.Node.Option.Id} has {forwarder.Counts} connections, spliced and waiting, "
            + $"of {(spliced, waiting)}");
    }
}
