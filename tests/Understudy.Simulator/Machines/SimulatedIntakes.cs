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

        long LogUniform(double from, double to) => ScenarioDraw.Milliseconds(random, from, to);
    }
}

/// <summary>
/// What clients want of one service beside the nodes' loops, in a whole cluster. Of its program: in most seeds TCP
/// connections, in the others HTTP requests; every node takes them by the real core, and a program listens on each as
/// the service's backend, which is none of Understudy's business and lives on when the node's process dies. And of its
/// code in the library: answers outside turns.
/// </summary>
internal sealed class SimulatedIntakes
{
    private readonly ImmutableArray<SimulatedForwarder> _forwarders = [];
    private readonly ImmutableArray<SimulatedAnswers> _answers = [];
    private readonly ImmutableArray<SimulatedIntake[]> _on = [];

    /// <param name="cluster">The cluster.</param>
    /// <param name="forForwarders">Chance of its own.</param>
    /// <param name="forAnswers">So is this.</param>
    /// <param name="isOn">Whether clients want anything.</param>
    public SimulatedIntakes(
        SimulatedCluster cluster, SeededRandom forForwarders, SeededRandom forAnswers, bool isOn)
    {
        if (!isOn) return;
        _forwarders = BeginForwarders(cluster, forForwarders);
        var scenario = AnswerScenario.Draw(forAnswers);
        _answers = [.. cluster.Nodes.Select(n => new SimulatedAnswers(cluster, n, scenario, forAnswers.Fork()))];
        _on = [.. cluster.Nodes.Select(n => new SimulatedIntake[] { _forwarders[n.Index], _answers[n.Index] })];
    }

    private static ImmutableArray<SimulatedForwarder> BeginForwarders(SimulatedCluster cluster, SeededRandom random)
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

    /// <summary>The answers outside turns that are under way on a node.</summary>
    public SimulatedAnswers AnswersOn(SimulatedNode node) => _answers[node.Index];

    /// <summary>A node has taken a turn.</summary>
    public void OnStepped(SimulatedNode node)
    {
        foreach (var intake in On(node)) intake.OnStepped();
    }

    public void OnForwarderMoment(SimulatedNode node, int moment, long process, object? payload) =>
        _forwarders[node.Index].OnMoment(moment, process, payload);

    public void OnAnswersMoment(SimulatedNode node, int moment, long process, object? payload) =>
        _answers[node.Index].OnMoment(moment, process, payload);

    /// <summary>A node that is asked to stop has handed over.</summary>
    public void Stop(SimulatedNode node)
    {
        foreach (var intake in On(node)) intake.Stop();
    }

    /// <summary>Whether nothing is then at a program by way of it: only when that has ended does it leave.</summary>
    public bool HaveDrained(SimulatedNode node) => _forwarders.IsEmpty || _forwarders[node.Index].Passages.Count == 0;

    /// <summary>A node is about to leave: answers that have no end are broken off.</summary>
    public void BreakOff(SimulatedNode node)
    {
        if (!_answers.IsEmpty) _answers[node.Index].BreakOff();
    }

    public void EndIncarnation(SimulatedNode node)
    {
        foreach (var intake in On(node)) intake.EndIncarnation();
    }

    public void EndProcess(SimulatedNode node)
    {
        foreach (var intake in On(node)) intake.EndProcess();
    }

    private SimulatedIntake[] On(SimulatedNode node) => _on.IsEmpty ? [] : _on[node.Index];
}
