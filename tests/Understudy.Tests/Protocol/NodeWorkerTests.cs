using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Protocol;

/// <summary>Three nodes and a worker: where it runs, and when.</summary>
public class NodeWorkerTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private static readonly ServiceDefinition _worker =
        new(new ServiceName("nightly"), "nightly", 0, 0, false) { IsExclusive = true };

    private readonly NodeCluster _cluster = new(voters: 3, others: 0, worker: _worker);

    public NodeWorkerTests()
    {
        foreach (var node in new[] { "n1", "n2", "n3" }) _cluster.Start(node);
        _cluster.Run(3 * _second);
    }

    private (NodeId Node, NodeEffect.RunWorker Run) Only => _cluster.Runs.ShouldHaveSingleItem();

    private string Other => _cluster.Runs is [var (node, _)] && node.Value == "n1" ? "n2" : "n1";

    [Fact]
    public void It_runs_on_one_node_in_the_version_that_names_that_node()
    {
        var (node, run) = Only;

        var configuration = _cluster.On("n1").Map.Find(_worker.Name)!.Configuration;
        configuration.Primary!.Value.Node.ShouldBe(node);
        run.Version.ShouldBe(configuration.Version);
        run.Kind.ShouldBe("nightly");
        _cluster.On(node.Value).IsPrimary(_worker.Name).ShouldBeTrue();
        _cluster.On(node.Value).Status(3 * _second).Primaries.ShouldContain(_worker.Name);
    }

    [Fact]
    public void When_its_node_dies_it_runs_nowhere_until_the_lease_has_ended_and_the_status_says_so()
    {
        var (node, first) = Only;
        var watcher = Other;
        _cluster.Kill(node.Value);
        _cluster.Run(Profile.Lan.Lease - Profile.Lan.Heartbeat - Profile.Lan.Tick);

        _cluster.Runs.ShouldBeEmpty();
        var now = 3 * _second + Profile.Lan.Lease - Profile.Lan.Heartbeat;
        _cluster.On(watcher).Status(now).Reasons.ShouldContain(r =>
            r.StartsWith($"nightly runs nowhere: {node} may still run it until its view lease has ended, in at most "));
        _cluster.Run(Profile.Lan.Grant);
        var (other, next) = Only;
        other.ShouldNotBe(node);
        next.Version.ShouldBeGreaterThan(first.Version);
    }

    [Fact]
    public void When_it_is_moved_it_runs_elsewhere_only_after_it_has_ended_here()
    {
        var (node, run) = Only;
        _cluster.AreDeaf = true;
        _cluster.Command("n1", new OperatorCommand.Switchover(_worker.Name, new NodeId(Other)));
        _cluster.Run(5 * _second);

        Only.Node.ShouldBe(node, "it was told to stop and has not");
        var status = _cluster.On("n1").Status(8 * _second);
        status.Reasons.ShouldContain(
            $"nightly runs nowhere: it waits until {node} has stopped it; in some 26 s the process there ends, if it "
            + "has not");
        _cluster.End(node, run, WorkerEnd.Stopped);
        _cluster.Run(_second);
        Only.Node.ShouldNotBe(node);
    }

    [Fact]
    public void A_node_that_stops_does_not_leave_before_it_has_ended()
    {
        var (node, run) = Only;
        _cluster.AreDeaf = true;
        _cluster.Stop(node.Value);
        _cluster.Run(20 * _second);

        Only.Node.ShouldBe(node);
        _cluster.On(node.Value).IsMember.ShouldBeTrue();
        _cluster.End(node, run, WorkerEnd.Stopped);
        _cluster.Run(_second);
        Only.Node.ShouldNotBe(node);
    }

    [Fact]
    public void A_node_without_a_quorum_stops_it_before_its_lease_ends()
    {
        var (node, _) = Only;
        foreach (var other in new[] { "n1", "n2", "n3" }.Where(n => n != node.Value)) _cluster.Kill(other);
        _cluster.Run(Profile.Lan.Lease - Profile.Lan.LeaseMargin + Profile.Lan.Tick);

        _cluster.Runs.ShouldBeEmpty();
    }

    [Fact]
    public void One_that_has_returned_is_not_begun_again_until_another_node_takes_over()
    {
        var (node, run) = Only;
        _cluster.End(node, run, WorkerEnd.Completed);
        _cluster.Run(5 * _second);
        _cluster.Runs.ShouldBeEmpty();

        _cluster.Kill(node.Value);
        _cluster.Run(2 * _second);
        Only.Node.ShouldNotBe(node);
    }

    [Fact]
    public void One_that_fails_is_begun_again_at_once_and_moved_when_it_fails_again()
    {
        var (node, run) = Only;
        _cluster.End(node, run, WorkerEnd.Failed);
        _cluster.Run(Profile.Lan.Tick);
        var (same, second) = Only;
        same.ShouldBe(node);

        _cluster.End(node, second, WorkerEnd.Failed);
        _cluster.Run(_second);
        Only.Node.ShouldNotBe(node);
        _cluster.Reports.Select(r => r.Event).OfType<NodeEvent.ProviderFailed>().Count().ShouldBe(2);
    }

    [Fact]
    public void It_takes_no_requests_and_says_so()
    {
        _cluster.Ask("n1", _worker.Name);
        _cluster.Run(Profile.Lan.Tick);

        _cluster.Replies.ShouldHaveSingleItem().Outcome.ShouldBe(ReplyOutcome.Refused);
    }

    [Fact]
    public void It_ends_when_it_is_removed()
    {
        _cluster.Command("n1", new OperatorCommand.RemoveService(_worker.Name));
        _cluster.Run(_second);

        _cluster.Runs.ShouldBeEmpty();
    }
}
