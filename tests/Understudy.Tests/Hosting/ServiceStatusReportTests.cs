using System.Collections.Immutable;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using NodeStatus = Understudy.Protocol.NodeStatus;

namespace Understudy.Tests.Hosting;

public class ServiceStatusReportTests
{
    private static readonly ServiceName _votes = new("votes");
    private static readonly MemberId _n1 = new(new NodeId("n1"), new Incarnation(1, 1));
    private static readonly MemberId _n2 = new(new NodeId("n2"), new Incarnation(1, 1));

    private static readonly ServiceEntry _entry = new(
        new ServiceDefinition(_votes, "votes", 1, 0, true) { Never = [new("n3")] },
        new Understudy.Replication.Configuration(
            _votes, new(4), new Lineage(1), _n1, [new Provider(_n1, new DiskId(1))], new Epoch(2)));

    [Fact]
    public void A_service_that_this_node_has_no_code_for_says_so()
    {
        Create(_entry, ["kv"]).HasCode.ShouldBeFalse();
        Create(_entry, ["kv", "votes"]).HasCode.ShouldBeTrue();
    }

    [Fact]
    public void A_switchover_says_what_it_waits_for()
    {
        var bringUp = new Operation(new NodeId("n2"), OperationStage.BringUp, TimeSpan.FromSeconds(3), "why");
        Create(_entry with { Operation = bringUp }, ["votes"]).Operation!.WaitsFor.ShouldBe(
            "n2 is about to be brought up");
        Create(_entry with { Operation = bringUp }, ["votes"], new JoiningProgress(_n2, 40)).Operation.ShouldBe(
            new OperationStatus
            {
                Target = "n2",
                Stage = OperationStages.BringUp,
                Since = 3,
                Cause = "why",
                WaitsFor = "n2 is brought up, 40 %",
            });
        var freeze = bringUp with { Stage = OperationStage.Freeze };
        Create(_entry with { Operation = freeze }, ["votes"]).Operation!.WaitsFor.ShouldBe(
            "n1 finishes what votes has in flight");
    }

    [Fact]
    public void A_worker_that_is_moved_says_what_it_waits_for()
    {
        var worker = _entry with
        {
            Definition = new ServiceDefinition(_votes, "votes", 0, 0, false) { IsExclusive = true },
            Configuration = _entry.Configuration with { Primary = null },
            Operation = new Operation(new NodeId("n2"), OperationStage.BringUp, TimeSpan.FromSeconds(3), "why"),
        };
        var status = Create(worker, ["votes"], "it waits until n1 has stopped it");
        status.Exclusive.ShouldBeTrue();
        status.Durability.ShouldBe("none");
        status.Secondaries.ShouldBeEmpty();
        status.WaitsFor.ShouldBe("it waits until n1 has stopped it");
        status.Operation!.WaitsFor.ShouldBe("it waits until n1 has stopped it");
    }

    [Fact]
    public void The_mode_of_checkpoints_is_shown_with_its_bound_on_loss()
    {
        Create(_entry, []).ShouldSatisfyAllConditions(
            s => s.Checkpoints.ShouldBe("before-reply"), s => s.LossBoundSeconds.ShouldBeNull());
        var periodic = Create(
            _entry with { Definition = _entry.Definition with { CheckpointEvery = TimeSpan.FromSeconds(1) } }, []);
        (periodic.Checkpoints, periodic.IntervalSeconds, periodic.LossBoundSeconds).ShouldBe(("periodic", 1, 1.2));
        (periodic.UncommittedSeconds, periodic.AuditEverySeconds, periodic.KeepKeysSeconds).ShouldBe(
            (null, 86_400, 86_400));
    }

    [Fact]
    public void Rules_and_removed_providers_are_shown() =>
        (Create(_entry with { Excluded = [new("n4")] }, []).Rules is { Never: ["n3"], Removed: ["n4"], Only: [] })
            .ShouldBeTrue();

    private static ServiceStatus Create(ServiceEntry entry, string[] kinds, params JoiningProgress[] joining) =>
        Create(entry, kinds, null, joining);

    private static ServiceStatus Create(
        ServiceEntry entry, string[] kinds, string? waits, params JoiningProgress[] joining)
    {
        var status = new NodeStatus(
            _n1, null, true, false, TimeSpan.Zero, 1, null, ServiceMap.Empty, [],
            ImmutableSortedDictionary<ServiceName, ImmutableArray<JoiningProgress>>.Empty
                .Add(_votes, [.. joining]),
            []);
        if (waits is not null) status = status with { Vacant = status.Vacant.Add(_votes, waits) };
        return ServiceStatusReport.Create(entry, status, kinds, Profile.Lan);
    }
}
