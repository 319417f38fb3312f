using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// TCP connections go on in the order in which they came: none is connected while an earlier one is held.
/// </summary>
internal sealed class TcpInOrder : Checker
{
    public override void OnConnection(SimulatedForwarder forwarder, SimulatedConnection connection)
    {
        if (connection.State != ConnectionState.Connecting) return;
        foreach (var earlier in forwarder.Connections.Values)
        {
            if (earlier.Number >= connection.Number) return;
            if (earlier.State != ConnectionState.Held) continue;
            Fail($"{forwarder.Node.Member}: {connection} overtakes {earlier}");
        }
    }
}
