using Understudy.Kernel;
using Understudy.Simulator;
using Understudy.Simulator.Machines;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class WorkerCheckersTests
{
    private readonly Planted _cluster = new();
    private long _lastKey;

    [Fact]
    public void Runs_one_after_the_other_break_nothing()
    {
        End(1, Begin(1, 3));
        End(2, Begin(2, 5));
        End(2, Begin(2, 5));
        Begin(1, 7);
    }

    [Fact]
    public void Two_runs_at_once_break_OneWorker()
    {
        Begin(1, 3);

        Planted.ShouldBreak("OneWorker", () => Begin(2, 5));
    }

    [Fact]
    public void Two_runs_at_once_on_one_node_break_OneWorker()
    {
        Begin(1, 3);

        Planted.ShouldBreak("OneWorker", () => Begin(1, 3));
    }

    [Fact]
    public void A_run_on_another_node_under_no_greater_token_breaks_OneWorker()
    {
        End(1, Begin(1, 5));

        Planted.ShouldBreak("OneWorker", () => Begin(2, 5));
    }

    [Fact]
    public void A_run_whose_machine_stood_still_with_its_clock_is_outside_the_promise()
    {
        _cluster.Pass(TimeSpan.FromSeconds(1));
        Begin(1, 3);
        _cluster.Node(1).Clock.Stop(_cluster.Cluster.Now);

        Begin(2, 5);
    }

    [Fact]
    public void So_is_one_that_wakes_up_with_its_clock_to_an_old_order()
    {
        Begin(1, 5);
        StandStill(2);

        Begin(2, 3);
    }

    [Fact]
    public void One_that_wakes_up_to_the_newer_order_has_no_excuse()
    {
        Begin(1, 3);
        StandStill(2);

        Planted.ShouldBreak("OneWorker", () => Begin(2, 5));
    }

    [Fact]
    public void Nor_has_one_that_runs_it_twice()
    {
        Begin(1, 3);
        StandStill(1);

        Planted.ShouldBreak("OneWorker", () => Begin(1, 5));
    }

    [Fact]
    public void Nor_has_one_that_stood_still_longer_ago_than_a_lease_lasts()
    {
        Begin(1, 3);
        StandStill(1);
        _cluster.Pass(_cluster.Cluster.Scenario.Cluster.Profile.Silence);

        Planted.ShouldBreak("OneWorker", () => Begin(2, 5));
    }

    [Fact]
    public void Most_seeds_have_a_worker_and_some_have_none()
    {
        var scenarios = Enumerable.Range(1, 100)
            .Select(seed => new SimulatedCluster((ulong)seed, new RunOptions(), codec: null, live: null).Scenario)
            .ToList();

        scenarios.ShouldContain(s => s.IsExclusive(ScenarioDraw.Worker));
        scenarios.ShouldContain(s => !s.IsExclusive(ScenarioDraw.Worker));
        scenarios.ShouldAllBe(s => s.Stateful.Length > 0 && s.Stateful.All(d => !d.IsExclusive));
    }

    private void StandStill(int node)
    {
        _cluster.Pass(TimeSpan.FromSeconds(1));
        _cluster.Node(node).Clock.Stop(_cluster.Cluster.Now);
        _cluster.Pass(TimeSpan.FromSeconds(1));
        _cluster.Node(node).Clock.RunOn(_cluster.Cluster.Now);
    }

    private SimulatedRun Begin(int node, long version)
    {
        var run = new SimulatedRun(
            ++_lastKey, ScenarioDraw.Worker, new ConfigurationVersion(version), _cluster.Node(node).Life, _lastKey);
        _cluster.Cluster.Checkers.OnWorkerStarted(_cluster.Node(node), run);
        return run;
    }

    private void End(int node, SimulatedRun run) =>
        _cluster.Cluster.Checkers.OnWorkerEnded(_cluster.Node(node), run);
}
