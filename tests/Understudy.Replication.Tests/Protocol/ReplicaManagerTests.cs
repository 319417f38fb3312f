using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>The RM's primary on n1; its registry's other copy is on n2.</summary>
public sealed class ReplicaManagerTests
{
    private static readonly ServiceDefinition Numbers = new(new ServiceName("numbers"), "kv", 1, 0, true);
    private static readonly ServiceDefinition Words = new(new ServiceName("words"), "kv", 1, 0, true);

    private readonly Registry _registry = new();
    private readonly Replica _replica;
    private readonly ReplicaManager _manager;

    public ReplicaManagerTests()
    {
        _replica = new Replica(
            Registry.Name, Id(1), isDurable: false, new OnceOnlyState(_registry), null, Profile.Lan, Mutation.None);
        _replica.Begin(TimeSpan.Zero, []);
        _replica.Lead(Version(1), Providers(1, 2));
        _manager = new ReplicaManager([Numbers, Words], _registry, _replica, Profile.Lan, Mutation.None);
    }

    [Fact]
    public void It_decides_nothing_before_it_is_activated_and_nothing_after_it_is_deposed()
    {
        _manager.Reconcile(View(1, 2), TimeSpan.Zero);
        _registry.Services.ShouldBeEmpty();

        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Depose();
        _manager.Reconcile(View(1, 2), TimeSpan.Zero);
        _registry.Services.ShouldBeEmpty();
        _manager.TakeCommitted().ShouldBeNull();
        Due(View(1, 2), TimeSpan.Zero).ShouldBeEmpty();
    }

    [Fact]
    public void All_services_start_in_one_checkpoint_spread_over_the_hosts()
    {
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(View(1, 2), TimeSpan.Zero);

        _replica.LastSequence.ShouldBe(1);
        _registry.Services.Select(s => s.Configuration.Primary).ShouldBe([Id(2), Id(1)]);
    }

    [Fact]
    public void The_services_of_a_new_cluster_wait_a_moment_for_its_nodes_before_they_are_placed()
    {
        var manager = new ReplicaManager([Numbers, Words], _registry, _replica, Profile.Lan, Mutation.None)
        {
            ConfiguredHosts = 3,
        };
        manager.Activate(Version(1), TimeSpan.Zero);
        manager.Reconcile(View(1, 2), TimeSpan.Zero);
        _registry.Services.ShouldAllBe(e => !e.Configuration.IsStarted && e.Placement.IsEmpty);
        manager.Tick(View(1, 2), Profile.Lan.Silence);
        _registry.HasStarted.ShouldBeFalse();

        manager.Tick(View(1, 2), Profile.Lan.Silence * 2);
        _registry.Services.ShouldAllBe(e => e.Configuration.IsStarted);
    }

    [Fact]
    public void The_services_of_a_new_cluster_start_when_its_nodes_are_there()
    {
        var manager = new ReplicaManager([Numbers, Words], _registry, _replica, Profile.Lan, Mutation.None)
        {
            ConfiguredHosts = 3,
        };
        manager.Activate(Version(1), TimeSpan.Zero);
        manager.Reconcile(View(1, 2), TimeSpan.Zero);
        manager.Reconcile(View(1, 2, 3), TimeSpan.Zero);

        _registry.Services.ShouldAllBe(e => e.Configuration.IsStarted);
    }

    [Fact]
    public void A_decision_is_ordered_once_and_only_when_it_is_committed()
    {
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(View(1, 2), TimeSpan.Zero);
        Acknowledge(0);
        _manager.TakeCommitted()?.Services.ShouldBeEmpty("the first decision is not committed");

        Acknowledge(1);
        _manager.TakeCommitted()!.Services.ShouldBe(_registry.Services);
        _manager.TakeCommitted().ShouldBeNull();
    }

    [Fact]
    public void One_change_of_view_is_one_checkpoint_for_all_services()
    {
        var view = Serve([1, 2], [1, 2]);
        var before = _replica.LastSequence;
        _manager.Reconcile(Without(view, 2), TimeSpan.Zero);

        _replica.LastSequence.ShouldBe(before + 1);
        foreach (var entry in _registry.Services)
        {
            entry.Configuration.InSync.ShouldBe(Providers(1));
            entry.Configuration.Primary.ShouldBe(Id(1));
        }
    }

    [Fact]
    public void A_change_of_view_that_concerns_no_service_makes_no_checkpoint()
    {
        Serve([1, 2], [1, 2]);
        var (before, services) = (_replica.LastSequence, _registry.Services);

        _manager.Reconcile(View(1, 2, 3), TimeSpan.Zero);
        _manager.Reconcile(View(1, 2), TimeSpan.Zero);

        _replica.LastSequence.ShouldBe(before);
        _registry.Services.ShouldBe(services);
    }

    [Fact]
    public void A_primary_has_a_provider_taken_in_and_out()
    {
        var view = Serve([1], [1, 2]);
        var present = Of(Numbers);
        var wanted = new ReplicationMessage.InSyncWanted(Numbers.Name, present.Version, Provider(2), IsIncluded: true);
        _manager.OnInSyncWanted(Id(1), wanted, view, TimeSpan.Zero);

        Of(Numbers).InSync.ShouldBe(Providers(1, 2));
        Of(Numbers).Version.ShouldBe(present.Version.Next);
        _manager.OnInSyncWanted(
            Id(1), wanted with { Version = Of(Numbers).Version, IsIncluded = false }, view, TimeSpan.Zero);
        Of(Numbers).InSync.ShouldBe(Providers(1));
    }

    [Fact]
    public void Why_a_provider_left_is_kept_until_it_is_back()
    {
        var view = Serve([1], [1, 2]);
        var wanted = new ReplicationMessage.InSyncWanted(Numbers.Name, Of(Numbers).Version, Provider(2), true);
        _manager.OnInSyncWanted(Id(1), wanted, view, TimeSpan.Zero);
        var reason = new LeaveReason(LeaveCause.BehindTime, TimeSpan.FromSeconds(5.2).Ticks);
        _manager.OnInSyncWanted(
            Id(1),
            wanted with { Version = Of(Numbers).Version, IsIncluded = false, Reason = reason },
            view,
            TimeSpan.Zero);
        _registry.Find(Numbers.Name)!.Left.ShouldBe([new Departure(Node(2), Disk(2), reason)]);
        _registry.History[^1].Cause.ShouldBe("n1 gives n2#1 up: it was 5.2 s behind");

        _manager.OnInSyncWanted(Id(1), wanted with { Version = Of(Numbers).Version }, view, TimeSpan.Zero);
        _registry.Find(Numbers.Name)!.Left.ShouldBeEmpty();
    }

    [Fact]
    public void A_wish_is_void_in_another_version_from_another_node_or_for_one_that_is_no_member()
    {
        var view = Serve([1], [1, 2]);
        var present = Of(Numbers);
        var wanted = new ReplicationMessage.InSyncWanted(Numbers.Name, present.Version, Provider(2), IsIncluded: true);

        _manager.OnInSyncWanted(Id(1), wanted with { Version = present.Version.Next }, view, TimeSpan.Zero);
        _manager.OnInSyncWanted(Id(2), wanted, view, TimeSpan.Zero);
        _manager.OnInSyncWanted(Id(1), wanted with { Provider = Provider(2, counter: 2) }, view, TimeSpan.Zero);
        _manager.OnInSyncWanted(Id(1), wanted with { Service = Service }, view, TimeSpan.Zero);

        Of(Numbers).ShouldBe(present);
    }

    [Fact]
    public void The_primaries_of_a_node_that_leaves_go_to_in_sync_providers_elsewhere()
    {
        var view = Serve([1, 2], [1, 2]);
        _registry.Services.Select(s => s.Configuration.Primary).ShouldBe([Id(1), Id(2)]);
        _manager.OnHandOverWanted(Id(2), view, TimeSpan.Zero);
        Of(Words).Primary.ShouldBe(Id(2), "it may still have requests in flight");
        var frozen = new ReplicationMessage.Frozen(Words.Name, Of(Words).Version, _replica.LastSequence);
        _manager.OnFrozen(Id(2), frozen with { Sequence = _replica.LastSequence - 1 }, view, TimeSpan.Zero);
        Of(Words).Primary.ShouldBe(Id(2), "that was said of a freeze before this one");
        _manager.OnFrozen(Id(2), frozen, view, TimeSpan.Zero);

        foreach (var entry in _registry.Services)
        {
            entry.Configuration.Primary.ShouldBe(Id(1));
            entry.Configuration.InSync.ShouldBe(Providers(1, 2));
        }
    }

    [Fact]
    public void A_primary_whose_code_fails_too_often_is_followed_elsewhere_and_its_node_keeps_its_other_services()
    {
        var view = Serve([1, 2], [1, 2]);
        _manager.OnCodeFailed(Id(2), Failed(1), view, TimeSpan.Zero);
        Of(Words).Primary.ShouldBe(Id(2), "once is within the budget");
        _manager.OnCodeFailed(Id(2), Failed(1), view, TimeSpan.Zero);
        Of(Words).Primary.ShouldBe(Id(2), "it was counted already");

        _manager.OnCodeFailed(Id(2), Failed(2), view, TimeSpan.Zero);

        Of(Words).Primary.ShouldBe(Id(1));
        Of(Words).InSync.ShouldBe(Providers(1, 2));
        Of(Words).IsPlanned.ShouldBeTrue();
        _registry.Find(Numbers.Name)!.Placement.ShouldContain(Node(2), "the node is not leaving");
    }

    [Fact]
    public void The_next_RM_goes_on_with_the_failures_that_this_one_counted()
    {
        var view = Serve([1, 2], [1, 2]);
        _manager.OnCodeFailed(Id(2), Failed(1), view, TimeSpan.Zero);
        var restored = new Registry();
        restored.Load(_registry.Save());
        restored.Failing.ShouldBe([Words.Name]);

        _manager.Depose();
        _manager.Activate(Version(1), TimeSpan.FromMinutes(9));
        _manager.OnCodeFailed(Id(2), Failed(2), view, TimeSpan.FromMinutes(9));

        Of(Words).Primary.ShouldBe(Id(1));
    }

    [Fact]
    public void Failures_expire_and_a_repeated_report_of_them_counts_no_more()
    {
        var view = Serve([1, 2], [1, 2]);
        _manager.OnCodeFailed(Id(2), Failed(1), view, TimeSpan.Zero);
        _manager.Tick(view, TimeSpan.FromMinutes(10));
        _registry.Failing.ShouldNotBeEmpty();

        _manager.Tick(view, TimeSpan.FromMinutes(11));
        _registry.Failing.ShouldBeEmpty();
        _manager.OnCodeFailed(Id(2), Failed(1), view, TimeSpan.FromMinutes(11));
        _registry.Failing.ShouldBeEmpty();
        _manager.OnCodeFailed(Id(2), Failed(2), view, TimeSpan.FromMinutes(12));
        _registry.Find(Words.Name)!.Failures.Single().Count.ShouldBe(1);
        Of(Words).Primary.ShouldBe(Id(2));
    }

    private static ReplicationMessage.CodeFailed Failed(long number) => new(Words.Name, number, "it threw");

    [Fact]
    public void A_failover_is_remembered_with_its_versions_its_phases_and_the_position_that_the_new_primary_tells()
    {
        var view = Serve([1, 2], [1, 2]);
        _manager.NoteAccused(Id(2), TimeSpan.Zero);
        _manager.NoteAccused(Id(2), TimeSpan.FromSeconds(2));
        _manager.NoteAccused(Id(2), TimeSpan.FromSeconds(2) + Profile.Lan.Heartbeat);
        _manager.Reconcile(Without(view, 2), TimeSpan.FromSeconds(3));
        var begun = new Beginning(Words.Name, Of(Words).Version, 812);
        var told = new ReplicationMessage.TakenOver([begun], IsNoted: false);
        _manager.OnTakenOver(told, TimeSpan.FromSeconds(3.5)).ShouldBeEmpty("it is not written yet");
        var (before, checkpoints) = (_registry.History.Length, _replica.LastSequence);
        _manager.Tick(Without(view, 2), TimeSpan.FromSeconds(4));

        _manager.OnTakenOver(told, TimeSpan.FromSeconds(5)).ShouldBe([begun]);
        _registry.History.Length.ShouldBe(before);
        _replica.LastSequence.ShouldBe(checkpoints + 1);
        _registry.FindChange(Words.Name, begun.Version)!.ShouldSatisfyAllConditions(
            change => change.From.ShouldBe(Version(5)),
            change => change.Version.ShouldBe(Version(6)),
            change => change.Lineage.ShouldBe(new Lineage(1)),
            change => change.Position.ShouldBe(812),
            change => change.Phases.ShouldBe(
            [
                new HistoryPhase(HistoryPhase.Agree, TimeSpan.FromSeconds(1)),
                new HistoryPhase(HistoryPhase.Decide, TimeSpan.Zero),
                new HistoryPhase(HistoryPhase.TakeOver, TimeSpan.FromSeconds(0.5)),
            ]));
    }

    [Fact]
    public void What_is_remembered_nowhere_is_noted_at_once()
    {
        Serve([1, 2], [1, 2]);
        var begun = new Beginning(Words.Name, Version(99), 1);
        _manager.OnTakenOver(new ReplicationMessage.TakenOver([begun], IsNoted: false), TimeSpan.Zero)
            .ShouldBe([begun]);
    }

    [Fact]
    public void An_order_is_sent_once_and_again_after_a_heartbeat_until_it_is_taken()
    {
        var view = Serve([1, 2], [1, 2, 3]);
        Acknowledge(_replica.LastSequence);
        var map = _manager.TakeCommitted()!;

        Due(view, TimeSpan.Zero).ShouldBe([Id(2), Id(3)]);
        Due(view, Profile.Lan.Heartbeat / 2).ShouldBeEmpty();
        _manager.OnMapTaken(Id(2), new ReplicationMessage.MapTaken(map.Generation, map.Sequence));
        Due(view, Profile.Lan.Heartbeat).ShouldBe([Id(3)]);
        _manager.OnMapTaken(Id(3), new ReplicationMessage.MapTaken(map.Generation, map.Sequence));
        Due(view, 2 * Profile.Lan.Heartbeat).ShouldBeEmpty();
    }

    [Fact]
    public void A_checkpoint_of_the_registry_makes_the_same_registry_elsewhere()
    {
        Serve([1, 2], [1, 2]);
        var other = new Registry();
        other.Load(_registry.Save());
        other.Save().ToArray().ShouldBe(_registry.Save().ToArray());

        var first = other.Services[0];
        var changed = first with
        {
            Configuration = first.Configuration with { Version = first.Configuration.Version.Next },
        };
        var checkpoint = other.Change(PlannedService.Change([changed]), 7);
        _registry.Apply(checkpoint, 7);
        _registry.Save().ToArray().ShouldBe(other.Save().ToArray());
        Should.Throw<InvariantViolationException>(
            () => other.Change(PlannedService.Change([first]), 8), "a version never goes back");
    }

    /// <summary>Both services run with these in sync; their primaries are spread over them.</summary>
    private View Serve(int[] inSync, int[] members)
    {
        _registry.Change(PlannedService.Change(
        [
            .. new[] { Numbers, Words }.Select((definition, i) => new ServiceEntry(
                definition,
                new Configuration(
                    definition.Name,
                    Version(5),
                    new Lineage(1),
                    Id(inSync[i % inSync.Length]),
                    Providers(inSync),
                    new Epoch(4)))),
        ]), 0);
        _manager.Activate(Version(1), TimeSpan.Zero);
        var view = View(members);
        _manager.Reconcile(view, TimeSpan.Zero);
        return view;
    }

    private static View Without(View view, int node) =>
        view with { Members = [.. view.Members.Where(m => m.Id != Id(node))] };

    private Configuration Of(ServiceDefinition definition) => _registry.Find(definition.Name)!.Configuration;

    private void Acknowledge(long sequence)
    {
        _replica.OnAppended(
            Id(2), new ReplicationMessage.Appended(Registry.Name, Version(1), IsMatched: true, sequence, 0));
        _replica.EndBatch();
    }

    private ImmutableArray<MemberId> Due(View view, TimeSpan now) =>
        [.. _manager.DuePushes(view, Id(1), now).Select(due => due.To)];
}
