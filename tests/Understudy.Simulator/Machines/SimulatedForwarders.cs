using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Simulator.Machines;

/// <summary>How a seed's TCP connections or requests for a service's program behave.</summary>
/// <param name="Bounds">What nodes grant connections; requests are granted the same times.</param>
/// <param name="MeanPause">The mean time between two of them at a node, in ticks.</param>
/// <param name="MeanConnect">How long a backend takes to take one, in ticks.</param>
/// <param name="MeanLife">How long one lasts that a backend has taken, in ticks.</param>
/// <param name="Refuse">The chance that a backend does not take one, or breaks a request off.</param>
internal sealed record ForwardingScenario(
    TcpBounds Bounds, long MeanPause, long MeanConnect, long MeanLife, double Refuse)
{
    public HttpBounds HttpBounds => new(Bounds.Hold, Bounds.Drain);

    /// <summary>Requests are sooner over than connections, and cost as much to simulate.</summary>
    public ForwardingScenario OfRequests => this with { MeanPause = MeanPause * 4, MeanLife = MeanLife / 10 };

    /// <summary>In some seeds the bounds are so tight that they are met.</summary>
    public static ForwardingScenario Draw(SeededRandom random)
    {
        var isTight = random.Chance(0.3);
        var bounds = new TcpBounds(
            new TimeSpan(LogUniform(200, 5_000)),
            isTight ? 3 + random.Below(8) : 200,
            isTight ? 5 + random.Below(20) : 500,
            random.Chance(0.5) ? TimeSpan.Zero : new TimeSpan(LogUniform(50, 3_000)));
        return new ForwardingScenario(
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
/// What clients want of one service's program in a whole cluster: in most seeds TCP connections, in the others HTTP
/// requests. Every node takes them by the real core. A program listens on each node as the service's backend; it is
/// none of Understudy's business, and lives on when the node's process dies.
/// </summary>
internal sealed class SimulatedForwarders
{
    private readonly ImmutableArray<SimulatedForwarder> _forwarders;

    public SimulatedForwarders(SimulatedCluster cluster, SeededRandom random, bool isOn) =>
        _forwarders = isOn ? Begin(cluster, random) : [];

    private static ImmutableArray<SimulatedForwarder> Begin(SimulatedCluster cluster, SeededRandom random)
    {
        var isTcp = random.Chance(0.7);
        var scenario = ForwardingScenario.Draw(random);
        return
        [
            .. cluster.Nodes.Select<SimulatedNode, SimulatedForwarder>(node => isTcp
                ? new SimulatedTcpForwarder(cluster, node, scenario, random.Fork())
                : new SimulatedHttpForwarder(cluster, node, scenario.OfRequests, random.Fork())),
        ];
    }

    /// <summary>A node has taken a turn.</summary>
    public void OnStepped(SimulatedNode node) => On(node)?.OnStepped();

    public void OnMoment(SimulatedNode node, int moment, long process, object? payload) =>
        On(node)!.OnMoment(moment, process, payload);

    /// <summary>A node that is asked to stop has handed over.</summary>
    public void Stop(SimulatedNode node) => On(node)?.Stop();

    /// <summary>Whether it then has none left: only when they have ended does it leave.</summary>
    public bool HaveDrained(SimulatedNode node) => On(node) is not { Passages.Count: > 0 };

    public void EndIncarnation(SimulatedNode node) => On(node)?.EndIncarnation();

    public void EndProcess(SimulatedNode node) => On(node)?.EndProcess();

    private SimulatedForwarder? On(SimulatedNode node) => _forwarders.IsEmpty ? null : _forwarders[node.Index];
}
