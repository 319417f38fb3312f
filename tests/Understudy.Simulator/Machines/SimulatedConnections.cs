using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Simulator.Machines;

/// <summary>How a seed's TCP connections behave.</summary>
/// <param name="Bounds">What nodes grant them.</param>
/// <param name="MeanPause">The mean time between two of them at a node, in ticks.</param>
/// <param name="MeanConnect">How long a backend takes to take one, in ticks.</param>
/// <param name="MeanLife">How long one that is spliced lasts, in ticks.</param>
/// <param name="Refuse">The chance that a backend does not take one.</param>
internal sealed record ConnectionScenario(
    TcpBounds Bounds, long MeanPause, long MeanConnect, long MeanLife, double Refuse)
{
    /// <summary>In some seeds the bounds are so tight that they are met.</summary>
    public static ConnectionScenario Draw(SeededRandom random)
    {
        var isTight = random.Chance(0.3);
        var bounds = new TcpBounds(
            new TimeSpan(LogUniform(200, 5_000)),
            isTight ? 3 + random.Below(8) : 200,
            isTight ? 5 + random.Below(20) : 500,
            random.Chance(0.5) ? TimeSpan.Zero : new TimeSpan(LogUniform(50, 3_000)));
        return new ConnectionScenario(
            bounds,
            LogUniform(10, 500),
            LogUniform(0.05, 10),
            LogUniform(20, 5_000),
            random.Chance(0.5) ? 0 : 0.1 * random.Unit());

        long LogUniform(double from, double to) =>
            (long)(TimeSpan.TicksPerMillisecond * from * Math.Pow(to / from, random.Unit()));
    }
}

/// <summary>
/// The TCP connections of one service in a whole cluster: every node takes them by the real core. A program listens on
/// each node as the service's backend; it is none of Understudy's business, and lives on when the node's process dies.
/// </summary>
internal sealed class SimulatedConnections
{
    private readonly ImmutableArray<SimulatedForwarder> _forwarders;

    public SimulatedConnections(SimulatedCluster cluster, SeededRandom random, bool isOn)
    {
        _forwarders = !isOn || !random.Chance(0.7) ? [] : Begin(cluster, random);
    }

    private static ImmutableArray<SimulatedForwarder> Begin(SimulatedCluster cluster, SeededRandom random)
    {
        var scenario = ConnectionScenario.Draw(random);
        return [.. cluster.Nodes.Select(node => new SimulatedForwarder(cluster, node, scenario, random.Fork()))];
    }

    /// <summary>A node has taken a turn.</summary>
    public void OnStepped(SimulatedNode node) => On(node)?.OnStepped();

    public void OnMoment(SimulatedNode node, int moment, long process, object? payload) =>
        On(node)!.OnMoment(moment, process, payload);

    /// <summary>A node that is asked to stop has handed over.</summary>
    public void Stop(SimulatedNode node) => On(node)?.Stop();

    /// <summary>Whether it then has none left: only when they have ended does it leave.</summary>
    public bool HaveDrained(SimulatedNode node) => On(node) is not { Connections.Count: > 0 };

    public void EndIncarnation(SimulatedNode node) => On(node)?.EndIncarnation();

    public void EndProcess(SimulatedNode node) => On(node)?.EndProcess();

    private SimulatedForwarder? On(SimulatedNode node) => _forwarders.IsEmpty ? null : _forwarders[node.Index];
}
