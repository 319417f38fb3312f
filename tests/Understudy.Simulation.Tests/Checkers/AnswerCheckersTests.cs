using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Checkers;
using Understudy.Simulator.Machines;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class AnswerCheckersTests
{
    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(10);

    private readonly Planted _cluster = new();
    private readonly Activations _activations = new();
    private readonly CutBeforeFence _fence;

    public AnswerCheckersTests() => _fence = new CutBeforeFence(_cluster.Cluster, _activations);

    private SimulatedAnswers Answers => _cluster.Cluster.Intakes.AnswersOn(_cluster.Node(1));

    [Fact]
    public void An_answer_that_is_waited_for_may_go_on_as_long_as_a_request_is_held()
    {
        Enter(primary: 2);
        _cluster.Pass(Answers.Bounds.Hold - _late);

        Look();
    }

    [Fact]
    public void One_that_goes_on_for_longer_breaks_CutInTime()
    {
        Enter(primary: 2);
        _cluster.Pass(Answers.Bounds.Hold + _late);

        Planted.ShouldBreak("CutInTime", Look);
    }

    [Fact]
    public void One_that_had_begun_and_goes_on_though_its_primary_is_none_breaks_CutInTime()
    {
        Depose(Begin(primary: 2));
        _cluster.Pass(TimeSpan.FromTicks(1));

        Planted.ShouldBreak("CutInTime", Look);
    }

    [Fact]
    public void One_that_goes_on_after_the_lease_has_ended_breaks_CutInTime()
    {
        Begin(primary: 2);
        _cluster.Pass(_late);

        Planted.ShouldBreak("CutInTime", Look);
    }

    [Fact]
    public void One_that_is_cut_though_its_primary_is_the_primary_breaks_CutForReason()
    {
        var answer = Begin(primary: 2);

        Planted.ShouldBreak("CutForReason", () => _cluster.Cluster.Checkers.OnAnswerCut(answer));
    }

    [Fact]
    public void One_that_is_waited_for_and_cut_before_its_time_breaks_CutForReason()
    {
        var answer = Enter(primary: 2);
        _cluster.Pass(Answers.Bounds.Hold - _late);

        Planted.ShouldBreak("CutForReason", () => _cluster.Cluster.Checkers.OnAnswerCut(answer));
    }

    [Fact]
    public void One_that_is_cut_when_its_time_is_over_breaks_nothing()
    {
        var awaited = Enter(primary: 2);
        _cluster.Pass(Answers.Bounds.Hold);
        _cluster.Cluster.Checkers.OnAnswerCut(awaited);

        var begun = Begin(primary: 2);
        Depose(begun);
        _cluster.Cluster.Checkers.OnAnswerCut(begun);
    }

    [Fact]
    public void One_that_goes_on_at_an_evicted_node_whose_fence_has_passed_breaks_CutBeforeFence()
    {
        Begin(primary: 2);
        PassFence();

        Planted.ShouldBreak("CutBeforeFence", () => _fence.OnOpenAnswers(Answers));
    }

    [Fact]
    public void One_that_was_waited_for_when_the_lease_ended_may_begin_after_the_fence_has_passed()
    {
        Enter(primary: 2).HasBegun = true;
        PassFence();

        _fence.OnOpenAnswers(Answers);
    }

    [Fact]
    public void One_at_a_node_whose_clock_stood_still_is_outside_the_promise()
    {
        Begin(primary: 2);
        PassFence();
        _cluster.Node(1).Clock.Stop(_cluster.Cluster.Now);

        _fence.OnOpenAnswers(Answers);
    }

    [Fact]
    public void One_that_goes_on_at_a_primary_of_an_older_lineage_breaks_CutBeforeFence()
    {
        var first = new NodeEvent.Configured(_cluster.Configuration(1, primary: 1, inSync: [1]));
        _activations.OnEvent(_cluster.Node(1), first, _cluster.Cluster.Now);
        Begin(primary: 1);
        _cluster.Pass(_late);
        _fence.OnOpenAnswers(Answers);
        _fence.OnEvent(
            _cluster.Node(2), new NodeEvent.PrimaryActivated(Planted.Kv, new(2), new Lineage(2), new Epoch(2)));

        Planted.ShouldBreak("CutBeforeFence", () => _fence.OnOpenAnswers(Answers));
    }

    [Fact]
    public void One_that_has_ended_and_is_looked_after_still_breaks_NoneForgotten()
    {
        var cluster = new Planted(mutations: Mutation.AnswersEndedAreKept).Cluster;
        var answers = cluster.Intakes.AnswersOn(cluster.Nodes[0]);
        answers.Enter(cluster.Nodes[1].Option.Id, new ConfigurationVersion(1), mayBeLeft: false);
        cluster.Checkers.OnOpenAnswers(answers);
        answers.BreakOff();

        Planted.ShouldBreak("NoneForgotten", () => cluster.Checkers.OnOpenAnswers(answers));
    }

    /// <summary>An answer on node 1, which has no lease; so it is waited for.</summary>
    private SimulatedAnswer Enter(int primary) =>
        Answers.Enter(_cluster.Member(primary).Node, new ConfigurationVersion(1), mayBeLeft: false);

    /// <summary>One that has begun while its primary is the primary.</summary>
    private SimulatedAnswer Begin(int primary)
    {
        var answer = Enter(primary);
        answer.Look(Answers.Own, isOfPrimary: true, isMoved: false);
        answer.HasBegun = true;
        return answer;
    }

    private void Depose(SimulatedAnswer answer) => answer.Look(Answers.Own, isOfPrimary: false, isMoved: false);

    private void PassFence()
    {
        _fence.OnEvent(_cluster.Node(2), new NodeEvent.FencePassed(_cluster.Member(1)));
        _cluster.Pass(_late);
    }

    private void Look() => _cluster.Cluster.Checkers.OnOpenAnswers(Answers);
}
