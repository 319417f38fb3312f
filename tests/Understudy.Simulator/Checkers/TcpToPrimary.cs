using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A TCP connection is spliced only to the backend of who is primary in the newest map that the node has, and goes on
/// with another's no longer than a planned move grants.
/// </summary>
internal sealed class TcpToPrimary : Checker
{
    public override void OnConnection(SimulatedForwarder forwarder, SimulatedConnection connection)
    {
        if (connection.State != ConnectionState.Spliced || forwarder.Primary?.Node == connection.Target) return;
        Fail($"{forwarder.Node.Member} splices {connection}; in its map {forwarder.Primary} is primary");
    }

    public override void OnForwarder(SimulatedForwarder forwarder)
    {
        foreach (var connection in forwarder.Connections.Values)
        {
            if (connection.Moved is not var (since, grant) || connection.State != ConnectionState.Spliced) continue;
            var over = forwarder.Own - since - grant;
            if (over <= TimeSpan.Zero || forwarder.IsExcused(grant == TimeSpan.Zero ? TimeSpan.Zero : over)) continue;
            Fail($"{forwarder.Node.Member} goes on with {connection} of {connection.Backend} for {over} too long");
        }
    }
}
