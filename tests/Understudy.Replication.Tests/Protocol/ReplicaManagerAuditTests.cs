using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>What the RM does about copies that are void, and about audits.</summary>
public sealed class ReplicaManagerAuditTests
{
    private static readonly ServiceDefinition _numbers = new(new ServiceName("numbers"), "kv", 2, 0, true)
    {
        AuditEvery = TimeSpan.FromHours(1),
    };

    private static readonly LeaveReason _damaged = new(LeaveCause.RecordDamaged, 0, "data.db, checkpoint 5");

    private readonly Registry _registry = new();
    private readonly ReplicaManager _manager;
    private View _view = View(1, 2, 3);

    public ReplicaManagerAuditTests()
    {
        var replica = new Replica(
            Registry.Name, Id(1), isDurable: false, new OnceOnlyState(_registry), null, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, []);
        replica.Lead(Version(1), Providers(1, 2));
        _manager = new ReplicaManager([_numbers], _registry, replica, Profile.Lan, Mutation.None);
        _registry.Change(PlannedService.Change(
        [
            new ServiceEntry(_numbers, new Configuration(
                _numbers.Name, Version(5), new Lineage(1), Id(2), Providers(1, 2, 3), new Epoch(4))),
        ]), 0);
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(_view, TimeSpan.Zero);
    }

    private ServiceEntry Entry => _registry.Find(_numbers.Name)!;

    private Configuration Present => Entry.Configuration;

    [Fact]
    public void An_odd_primary_is_switched_over_if_a_service_that_moves_with_it_is_nowhere_else()
    {
        var side = _numbers with { Name = new ServiceName("side"), Secondaries = 0, With = [_numbers.Name] };
        _registry.Change(
            PlannedService.Change(
            [
                Entry with { Audits = Entry.Audits.Ask() },
                new ServiceEntry(side, new Configuration(
                    side.Name, Version(3), new Lineage(1), Id(2), Providers(2), new Epoch(4))),
            ]),
            9);

        _manager.OnAuditEnded(
            Id(2),
            new ReplicationMessage.AuditEnded(
                _numbers.Name, Present.Version, Entry.Audits.Asked, "n2 is odd", IsPrimaryOdd: true),
            _view,
            TimeSpan.Zero);

        Present.Primary.ShouldBe(Id(2));
        Entry.Operation!.Target.ShouldBe(Id(3).Node);
        _registry.Find(side.Name)!.Operation!.Target.ShouldBe(Id(3).Node);
    }

    [Fact]
    public void A_void_copy_leaves_the_in_sync_set_and_a_primary_s_service_goes_elsewhere()
    {
        Void(2);
        Present.InSync.ShouldBe(Providers(1, 3));
        Present.Primary!.Value.Node.ShouldNotBe(Node(2));
        Entry.Left.ShouldBe([new Departure(Node(2), Disk(2), _damaged)]);
        _registry.History[^1].Cause.ShouldBe("n2's copy is void: its copy is damaged: data.db, checkpoint 5");
    }

    [Fact]
    public void The_last_copy_that_is_damaged_leaves_the_service_without_a_primary()
    {
        See(View(2));
        Void(2);
        Present.Primary.ShouldBeNull();
        Present.InSync.ShouldBe(Providers(2));
        Void(2);
        See(View(Member(2, counter: 9)));
        Good(2, counter: 9);
        Present.Primary.ShouldBeNull("the same disk does not count in another incarnation either");
    }

    [Fact]
    public void The_last_copy_that_only_differs_stays()
    {
        See(View(2));
        Void(2, reason: new LeaveReason(LeaveCause.StateDiffered, 8));
        Present.Primary.ShouldBe(Id(2));
        Entry.Left.ShouldBeEmpty();
    }

    [Fact]
    public void A_disk_that_is_back_counts_by_its_node_s_word_so_that_a_damaged_one_excludes_no_other()
    {
        See(View(Member(2, 9)));
        Present.Primary.ShouldBeNull();
        Void(2, counter: 9);
        Present.InSync.ShouldBe(Providers(1, 2, 3));
        See(View(Member(1, 9), Member(2, 9)));
        Present.Primary.ShouldBeNull("n1 has not said that its copy is good");
        Good(1, counter: 9);
        Present.Primary.ShouldBe(Id(1, 9));
        Present.InSync.ShouldBe([Provider(1, 9)]);
    }

    [Fact]
    public void A_word_of_another_version_or_of_another_s_copy_is_void()
    {
        var said = new ReplicationMessage.CopyVoid(_numbers.Name, Present.Version.Next, Provider(2), _damaged);
        _manager.OnCopyVoid(Id(2), said, _view, TimeSpan.Zero);
        _manager.OnCopyVoid(Id(3), said with { Version = Present.Version }, _view, TimeSpan.Zero);
        Present.InSync.ShouldBe(Providers(1, 2, 3));
    }

    [Fact]
    public void A_provider_that_knows_no_such_format_leaves_unless_it_is_the_last_and_is_told_with_the_reason()
    {
        var reason = new LeaveReason(LeaveCause.FormatUnknown, 0, "checkpoint 7 has format 3");
        Void(2, reason: reason);
        Present.InSync.ShouldBe(Providers(1, 3));
        Entry.Left.ShouldBe([new Departure(Node(2), Disk(2), reason)]);
        var version = Present.Version;
        Void(2, reason: reason);
        Present.Version.ShouldBe(version, "said once");

        See(View(1));
        Void(1, reason: reason);
        Present.Primary.ShouldBe(Id(1), "its disk has everything");
    }

    [Fact]
    public void An_audit_is_asked_for_when_it_is_due_and_ends_once()
    {
        _manager.Tick(_view, TimeSpan.FromMinutes(59));
        Entry.Audits.IsWanted.ShouldBeFalse();
        _manager.Tick(_view, TimeSpan.FromMinutes(61));
        Entry.Audits.ShouldBe(new Audits(1, 0, TimeSpan.Zero));

        End(number: 1, at: TimeSpan.FromMinutes(62));
        Entry.Audits.ShouldBe(new Audits(1, 1, TimeSpan.FromMinutes(62)));
        _registry.History[^1].Cause.ShouldBe("equal");
        End(number: 1, at: TimeSpan.FromMinutes(63));
        _manager.Tick(_view, TimeSpan.FromMinutes(120));
        Entry.Audits.IsWanted.ShouldBeFalse();
    }

    [Fact]
    public void A_primary_that_most_disagree_with_is_relieved_and_the_next_one_audits_again()
    {
        _manager.Tick(_view, TimeSpan.FromMinutes(61));
        End(number: 1, at: TimeSpan.FromMinutes(61), isPrimaryOdd: true);
        Present.Primary!.Value.Node.ShouldNotBe(Node(2));
        Entry.Audits.IsWanted.ShouldBeTrue();
    }

    [Fact]
    public void A_group_that_no_other_node_has_wholly_is_brought_up_where_the_odd_primary_s_others_are()
    {
        var side = _numbers with { Name = new ServiceName("side"), Secondaries = 0, With = [_numbers.Name] };
        _registry.Change(PlannedService.Change(
        [
            new ServiceEntry(side, new Configuration(
                side.Name, Version(3), new Lineage(1), Id(2), Providers(2), new Epoch(4))),
        ]), 1);
        _manager.Tick(_view, TimeSpan.FromMinutes(61));
        End(number: 1, at: TimeSpan.FromMinutes(61), isPrimaryOdd: true);

        Present.Primary.ShouldBe(Id(2), "the side service is nowhere else yet");
        var target = Entry.Operation!.Target;
        _registry.Find(side.Name)!.Placement.ShouldContain(target);
        Entry.Audits.IsWanted.ShouldBeTrue();
        End(number: 2, at: TimeSpan.FromMinutes(62), isPrimaryOdd: true);
        Entry.Operation!.Target.ShouldBe(target, "it goes on");

        _manager.OnInSyncWanted(
            Id(2),
            new ReplicationMessage.InSyncWanted(
                side.Name, _registry.Find(side.Name)!.Configuration.Version, Provider(target == Node(1) ? 1 : 3), true),
            _view,
            TimeSpan.FromMinutes(62));
        foreach (var name in new[] { _numbers.Name, side.Name })
        {
            var version = _registry.Find(name)!.Configuration.Version;
            _manager.OnFrozen(
                Id(2), new ReplicationMessage.Frozen(name, version, long.MaxValue), _view, TimeSpan.FromMinutes(62));
        }

        Present.Primary!.Value.Node.ShouldBe(target);
        Entry.Audits.IsWanted.ShouldBeTrue();
    }

    [Fact]
    public void One_that_is_brought_up_again_because_it_differed_is_audited_again()
    {
        Void(3, reason: new LeaveReason(LeaveCause.StateDiffered, 8));
        Entry.Audits.IsWanted.ShouldBeFalse();
        _manager.OnInSyncWanted(
            Present.Primary!.Value,
            new ReplicationMessage.InSyncWanted(_numbers.Name, Present.Version, Provider(3), true),
            _view,
            TimeSpan.Zero);
        Present.InSync.ShouldBe(Providers(1, 2, 3));
        Entry.Left.ShouldBeEmpty();
        Entry.Audits.IsWanted.ShouldBeTrue();
    }

    private void See(View view)
    {
        _view = view;
        _manager.Reconcile(view, TimeSpan.Zero);
    }

    private void Void(int node, ulong counter = 1, LeaveReason? reason = null) => _manager.OnCopyVoid(
        Id(node, counter),
        new ReplicationMessage.CopyVoid(_numbers.Name, Present.Version, Provider(node, counter), reason ?? _damaged),
        _view,
        TimeSpan.Zero);

    private void Good(int node, ulong counter) => _manager.OnCopyGood(
        Id(node, counter),
        new ReplicationMessage.CopyGood(_numbers.Name, Present.Version, Provider(node, counter)),
        _view,
        TimeSpan.Zero);

    private void End(long number, TimeSpan at, bool isPrimaryOdd = false) => _manager.OnAuditEnded(
        Present.Primary!.Value,
        new ReplicationMessage.AuditEnded(_numbers.Name, Present.Version, number, "equal", isPrimaryOdd),
        _view,
        at);
}
