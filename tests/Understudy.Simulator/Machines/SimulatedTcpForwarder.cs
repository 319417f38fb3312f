using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>What takes one service's TCP connections in one simulated process.</summary>
internal sealed class SimulatedTcpForwarder(
    SimulatedCluster cluster, SimulatedNode node, ForwardingScenario scenario, SeededRandom random)
    : SimulatedForwarder(cluster, node, scenario, random)
{
    private readonly List<TcpEffect> _effects = [];
    private TcpForwarding _core = new(scenario.Bounds, cluster.Mutations);

    public override (int AtBackends, int Waiting) Counts => (_core.OpenCount, _core.HeldCount);

    protected override TimeSpan? NextAt => _core.NextAt;

    public override void Stop()
    {
        base.Stop();
        Step(new TcpInput.StopRequested());
    }

    protected override void BeginAnew()
    {
        base.BeginAnew();
        _core = new TcpForwarding(Scenario.Bounds, Cluster.Mutations);
    }

    protected override void Take(long number)
    {
        Add(new SimulatedConnection(number, Own));
        Step(new TcpInput.Accepted(number));
    }

    protected override void Learn(BackendRoute route) => Step(new TcpInput.Learned(route));

    protected override void Tick() => Step(TcpInput.Tick.Instance);

    protected override void On(Moment moment, object? payload)
    {
        switch (moment)
        {
            case Moment.Connected or Moment.ConnectFailed: Step((TcpInput)payload!); break;
            case Moment.End: OnEnd((SimulatedConnection)payload!); break;
            default: throw new UnreachableException($"Unknown moment {moment}.");
        }
    }

    private void OnEnd(SimulatedConnection connection)
    {
        // One that was closed meanwhile may say so all the same.
        if (!Remove(connection) && Random.Chance(0.5)) return;
        Step(new TcpInput.Ended(connection.Number));
    }

    private void Step(TcpInput input)
    {
        _effects.Clear();
        _core.Step(Own, input, _effects);
        foreach (var effect in _effects) Perform(effect);
        if (input is TcpInput.ConnectFailed failed) HoldAgain(failed);
        ScheduleTick();
    }

    private void Perform(TcpEffect effect)
    {
        switch (effect)
        {
            case TcpEffect.Connect connect:
                Connect(Passages[connect.Connection], connect.Node, connect.Attempt);
                Connect(connect);
                break;
            case TcpEffect.Splice splice:
                var connection = Passages[splice.Connection];
                GoOn(connection, PassageState.Carried);
                Schedule(Moment.End, Draw(Scenario.MeanLife), connection);
                break;
            case TcpEffect.Close close:
                Close(Passages[close.Connection]);
                break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void Close(Passage connection)
    {
        Remove(connection);
        Cluster.Faults.Count(connection.IsOpen ? FaultKind.ConnectionReset : FaultKind.ConnectionRefused);
        if (connection.IsOpen) Cluster.Checkers.OnTakenBack(this, connection);
    }

    private void Connect(TcpEffect.Connect connect)
    {
        var isCut = IsCutOff(connect.Node);
        if (isCut && Random.Chance(0.5)) return; // It waits for an answer that does not come.
        var isRefused = isCut || (!Cluster.IsCalm && Random.Chance(Scenario.Refuse));
        var (moment, said) = isRefused
            ? (Moment.ConnectFailed, (TcpInput)new TcpInput.ConnectFailed(connect.Connection, connect.Attempt))
            : (Moment.Connected, new TcpInput.Connected(connect.Connection, connect.Attempt));
        Schedule(moment, Draw(Scenario.MeanConnect), said);
    }

    /// <summary>What is said of an attempt that another one has replaced means nothing.</summary>
    private void HoldAgain(TcpInput.ConnectFailed failed)
    {
        if (Passages.GetValueOrDefault(failed.Connection) is { State: PassageState.Connecting } connection
            && connection.Attempt == failed.Attempt)
        {
            connection.HoldAgain();
        }
    }
}
