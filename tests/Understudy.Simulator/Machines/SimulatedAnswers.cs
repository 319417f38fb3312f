using System.Diagnostics;
using System.Runtime.InteropServices;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>How a seed's answers outside turns behave.</summary>
/// <param name="Bounds">What nodes grant them.</param>
/// <param name="MeanPause">The mean time between two that are asked for at a node, in ticks.</param>
/// <param name="MeanStart">How long they take to begin, in ticks.</param>
/// <param name="MeanLife">How long they last then, in ticks.</param>
/// <param name="MeanDelay">How long it takes one node to hear of another's doing, in ticks.</param>
internal sealed record AnswerScenario(HttpBounds Bounds, long MeanPause, long MeanStart, long MeanLife, long MeanDelay)
{
    public static AnswerScenario Draw(SeededRandom random)
    {
        var hold = new TimeSpan(LogUniform(200, 5_000));
        var drain = random.Chance(0.4) ? TimeSpan.Zero : new TimeSpan(LogUniform(50, 8_000));
        var life = LogUniform(100, 20_000);
        return new AnswerScenario(
            new HttpBounds(hold, drain),
            Math.Max(life / 2, LogUniform(500, 4_000)),
            LogUniform(0.1, 2_000),
            life,
            LogUniform(0.05, 5));

        long LogUniform(double from, double to) => ScenarioDraw.Milliseconds(random, from, to);
    }
}

/// <summary>
/// The answers outside turns of one service of the library that are under way in one simulated process: those that its
/// code gives there, and those that are forwarded from the primary on another node, which has them too.
/// </summary>
internal sealed class SimulatedAnswers : SimulatedIntake
{
    private readonly AnswerScenario _scenario;
    private readonly List<SimulatedAnswer> _open = [];
    private readonly List<long> _cut = [];
    private OpenAnswers _core;
    private long _asked;

    public SimulatedAnswers(SimulatedCluster cluster, SimulatedNode node, AnswerScenario scenario, SeededRandom random)
        : base(cluster, node, scenario.MeanPause, EventKind.AnswersAct, random)
    {
        _scenario = scenario;
        _core = new OpenAnswers(scenario.Bounds, cluster.Mutations);
    }

    public HttpBounds Bounds => _scenario.Bounds;

    /// <summary>All that have not come to their end, in the order in which they were asked for.</summary>
    public ReadOnlySpan<SimulatedAnswer> Open => CollectionsMarshal.AsSpan(_open);

    /// <summary>How many there are, and how many the core has.</summary>
    public (int Open, int InCore) Counts => (_open.Count, _core.Count);

    protected override TimeSpan? NextAt => _core.NextAt;

    private NodeId Self => Node.Option.Id;

    /// <summary>A primary is asked, here or elsewhere.</summary>
    public SimulatedAnswer Enter(NodeId primary, ConfigurationVersion version, bool mayBeLeft)
    {
        var answer = new SimulatedAnswer(++_asked, this, primary, version, mayBeLeft);
        _open.Add(answer);
        Step(new AnswerInput.Asked(answer.Number, primary, version, mayBeLeft));
        return answer;
    }

    /// <summary>The node closes the connections of its clients.</summary>
    public void BreakOff()
    {
        foreach (var answer in _open.ToList()) End(answer);
    }

    protected override void BeginAnew()
    {
        foreach (var answer in _open.ToList()) Close(answer);
        _core = new OpenAnswers(_scenario.Bounds, Cluster.Mutations);
    }

    /// <summary>It goes where the node knows the primary to be, or to who says that he is it.</summary>
    protected override void Take(long number)
    {
        if (Node.Core is null) return;
        if (Elsewhere() is { } there) Enter(there, mayBeLeft: Random.Chance(0.5));
        else if (Confirmed() is { } found) Enter(found, mayBeLeft: found.Node != Self && Random.Chance(0.5));
    }

    protected override void Learn(BackendRoute route) => Step(new AnswerInput.Learned(route));

    protected override void Tick() => Step(AnswerInput.Tick.Instance);

    protected override void Check()
    {
        if (Counts != (0, 0)) Cluster.Checkers.OnOpenAnswers(this);
    }

    protected override void On(Moment moment, object? payload)
    {
        var answer = (SimulatedAnswer)payload!;
        switch (moment)
        {
            case Moment.Asked: OnAsked(answer); break;
            case Moment.Answer: Begin(answer); break;
            case Moment.End or Moment.ClientLeaves: End(answer); break;
            case Moment.Break: OnBroken(answer); break;
            default: throw new UnreachableException($"Unknown moment {moment}.");
        }
    }

    private (NodeId Node, ConfigurationVersion Version)? Elsewhere()
    {
        if (Node.Core?.Map.Find(Service) is not { IsFrozen: false, IsStopped: false, Configuration: var known })
            return null;
        return known.Primary is { } primary && primary.Node != Self ? (primary.Node, known.Version) : null;
    }

    /// <summary>The primary that can be reached and takes itself for it, if there is one.</summary>
    private (NodeId Node, ConfigurationVersion Version)? Confirmed()
    {
        (NodeId Node, ConfigurationVersion Version)? latest = null;
        foreach (var node in Cluster.Nodes)
        {
            if (IsCutOff(node.Option.Id) || PrimaryVersion(node) is not { } version) continue;
            if (latest is null || version > latest.Value.Version) latest = (node.Option.Id, version);
        }

        return latest;
    }

    private static ConfigurationVersion? PrimaryVersion(SimulatedNode node)
    {
        var isPrimary = node is { IsAwake: true, Core: { IsMember: true } core }
            && core.IsPrimary(Service) && node.OwnNow < core.LeaseUntil;
        return isPrimary ? node.Core!.VersionLed(Service) : null;
    }

    /// <summary>A client's, who may leave before the end: forwarded if the primary is elsewhere.</summary>
    private void Enter((NodeId Node, ConfigurationVersion Version) there, bool mayBeLeft)
    {
        var answer = Enter(there.Node, there.Version, mayBeLeft);
        if (answer.IsOver) return;
        Schedule(Moment.ClientLeaves, Draw((_scenario.MeanStart + _scenario.MeanLife) * 3), answer);
        if (there.Node == Self) Await(answer);
        else Tell(Cluster.Intakes.AnswersOn(Cluster.Nodes[Cluster.IndexOf(there.Node)]), Moment.Asked, answer);
    }

    /// <summary>Another node asks this one for an answer.</summary>
    private void OnAsked(SimulatedAnswer outer)
    {
        if (outer.IsOver) return;
        if (IsStopping || IsCutOff(outer.At.Self) || PrimaryVersion(Node) is not { } version)
        {
            Tell(outer.At, Moment.Break, outer);
            return;
        }

        var inner = Enter(Self, version, mayBeLeft: false);
        (inner.Other, outer.Other) = (outer, inner);
        if (inner.IsOver) Tell(outer.At, Moment.Break, outer);
        else Await(inner);
    }

    /// <summary>The service's code begins to answer, and comes to an end.</summary>
    private void Await(SimulatedAnswer answer)
    {
        var start = Draw(_scenario.MeanStart);
        Schedule(Moment.Answer, start, answer);
        Schedule(Moment.End, start + Draw(_scenario.MeanLife), answer);
    }

    private void Begin(SimulatedAnswer answer)
    {
        if (answer.IsOver) return;
        Step(new AnswerInput.Begun(answer.Number), answer);
        if (answer.IsOver) return;
        if (answer.Deposed is not null) Cluster.Faults.Count(FaultKind.AnswerLate);
        if (answer is { Primary: var primary, Other: { } outer } && primary == Self)
            Tell(outer.At, Moment.Answer, outer);
    }

    private void End(SimulatedAnswer answer)
    {
        if (answer.IsOver) return;
        Close(answer);
        Step(new AnswerInput.Ended(answer.Number));
    }

    /// <summary>The other node has it no more; who is cut off from there hears of that later.</summary>
    private void OnBroken(SimulatedAnswer answer)
    {
        if (answer.Other is { } other && IsCutOff(other.At.Self))
            Schedule(Moment.Break, Draw(TimeSpan.TicksPerSecond), answer);
        else End(answer);
    }

    private void Close(SimulatedAnswer answer)
    {
        _open.Remove(answer);
        answer.IsOver = true;
        if (answer.Other is { IsOver: false } other) Tell(other.At, Moment.Break, other);
    }

    /// <summary>Something reaches this node, or another one's process.</summary>
    private void Tell(SimulatedAnswers there, Moment moment, SimulatedAnswer answer) =>
        there.Schedule(moment, Draw(_scenario.MeanDelay), answer);

    private void Step(AnswerInput input, SimulatedAnswer? begun = null)
    {
        Look();
        if (begun is not null) begun.HasBegun = true;
        _cut.Clear();
        _core.Step(Own, input, _cut);
        foreach (var number in _cut) Cut(_open.Single(answer => answer.Number == number));
        ScheduleTick();
    }

    private void Cut(SimulatedAnswer answer)
    {
        Cluster.Faults.Count(FaultKind.AnswerCut);
        Cluster.Checkers.OnAnswerCut(answer);
        Close(answer);
    }

    private void Look()
    {
        if (_open.Count == 0) return;
        var now = Own;
        foreach (var answer in _open)
        {
            var wasMoved = answer.IsMoved;
            answer.Look(now, IsOfPrimary(answer, now), IsMoved(answer, now));
            if (!wasMoved && answer is { IsMoved: true, HasBegun: true } && Bounds.Drain > TimeSpan.Zero)
                Cluster.Faults.Count(FaultKind.AnswerDrains);
        }
    }

    private bool IsOfPrimary(SimulatedAnswer answer, TimeSpan now)
    {
        if (Node.Core is not { } core || now >= LeaseUntil) return false;
        var entry = core.Map.Find(Service);
        if (entry is null && core.Map.IsDecided) return false;
        var isHeardOf = entry?.Configuration.Version >= answer.Version;
        return !isHeardOf || Primary?.Node == answer.Primary;
    }

    private bool IsMoved(SimulatedAnswer answer, TimeSpan now) =>
        Node.Core is { IsMember: true } core && now < LeaseUntil
            && core.Map.Find(Service) is { Configuration.IsPlanned: true }
            && core.View!.MemberOn(answer.Primary) is not null;
}
