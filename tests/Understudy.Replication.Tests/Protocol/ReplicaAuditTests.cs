using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>Audits, and copies that are void (agreement.md 4.11, 4.12).</summary>
public sealed class ReplicaAuditTests
{
    private readonly List<ReplicaEffect> _effects = [];
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Fact]
    public void Equal_states_end_the_audit_when_every_secondary_has_answered()
    {
        var (replica, reign) = Begin(1, 2, 3);
        Answer(replica, 2, 7);
        Report(replica, reign, 7);
        Result().ShouldBeNull();
        Answer(replica, 3, 7);

        var result = Result()!;
        (result.Number, result.Sequence, result.Providers, result.IsPrimaryOdd).ShouldBe((1L, 5L, 3, false));
        result.ToString().ShouldBe("audit at checkpoint 5: the states of 3 providers are equal");
        Told().ShouldBeEmpty();
    }

    [Fact]
    public void A_secondary_that_differs_is_told_until_the_configuration_changes()
    {
        var (replica, reign) = Begin(1, 2, 3);
        Report(replica, reign, 7);
        Answer(replica, 2, 7);
        Answer(replica, 3, 8);
        Result()!.Differing.ShouldBe([Id(3)]);
        Result()!.ToString().ShouldBe(
            "audit at checkpoint 5: the state of n3 is another than the primary's, with which most agree");
        Told().ShouldBe([Id(3)]);

        Turn(replica, r => r.Tick());
        Told().ShouldBe([Id(3), Id(3)]);
        Turn(replica, r => r.Lead(Version(2), Providers(1, 2)));
        Turn(replica, r => r.Tick());
        Told().Count.ShouldBe(2);
    }

    [Fact]
    public void Of_two_providers_the_primary_s_state_counts_and_the_words_say_so()
    {
        var (replica, reign) = Begin(1, 2);
        Report(replica, reign, 7);
        Answer(replica, 2, 8);
        Result()!.IsPrimaryOdd.ShouldBeFalse();
        Result()!.ToString().ShouldContain("there is no majority, so the primary's counts");
        _effects.OfType<ReplicaEffect.Instruct>().ShouldContain(
            i => i.Instruction is ServiceInstruction.SaveSnapshot, "the other gets the state that the primary has");
        Told().ShouldBe([Id(2)]);
    }

    [Fact]
    public void The_snapshot_that_an_audit_demands_is_kept_though_a_newcomer_needs_the_log()
    {
        var (replica, reign) = BeginBesideNewcomer();
        Report(replica, reign, 7);
        Answer(replica, 2, 8);
        Turn(replica, r => r.OnReport(new ServiceReport.SnapshotSaved(reign, 5, Bytes("ab"))));
        Kept().ShouldBe([5L]);
    }

    [Fact]
    public void A_snapshot_from_before_the_audit_does_not_stand_for_the_one_that_it_demands()
    {
        var (replica, reign) = BeginBesideNewcomer();
        Turn(replica, r => r.OnReport(new ServiceReport.SnapshotSaved(reign, 5, Bytes("ab"))));
        Commit(replica, 6);
        Kept().ShouldBeEmpty("the newcomer needs the log");

        Report(replica, reign, 7, sequence: 6);
        Answer(replica, 2, 8, sequence: 6);
        Turn(replica, r => r.Tick());
        Kept().ShouldBeEmpty("it may be of a state that did not differ yet");
        Turn(replica, r => r.OnReport(new ServiceReport.SnapshotSaved(reign, 6, Bytes("abc"))));
        Kept().ShouldBe([6L]);
    }

    [Fact]
    public void One_that_is_still_written_from_before_the_audit_is_followed_by_the_one_that_it_demands()
    {
        var (replica, reign) = BeginBesideNewcomer();
        Commit(replica, 6);
        Report(replica, reign, 7, sequence: 6);
        Answer(replica, 2, 8, sequence: 6);
        Saves().ShouldBe(1);
        Turn(replica, r => r.OnReport(new ServiceReport.SnapshotSaved(reign, 5, Bytes("ab"))));
        Saves().ShouldBe(2);
    }

    [Fact]
    public void A_majority_against_the_primary_voids_no_secondary()
    {
        var (replica, reign) = Begin(1, 2, 3);
        Report(replica, reign, 7);
        Answer(replica, 2, 8);
        Answer(replica, 3, 8);
        Result()!.IsPrimaryOdd.ShouldBeTrue();
        Told().ShouldBeEmpty();
    }

    [Fact]
    public void Answers_of_another_checkpoint_or_version_do_not_count()
    {
        var (replica, reign) = Begin(1, 2);
        Report(replica, reign, 7);
        Answer(replica, 2, 7, sequence: 4);
        Turn(replica, r => r.OnAudited(Id(2), new ReplicationMessage.Audited(Service, Version(9), 5, 7)));
        Turn(replica, r => r.OnAudited(Id(3), new ReplicationMessage.Audited(Service, Version(1), 5, 7)));
        Result().ShouldBeNull();
    }

    [Fact]
    public void An_audit_that_is_not_answered_is_begun_again()
    {
        var (replica, reign) = Begin(1, 2);
        Report(replica, reign, 7);
        _effects.Clear();
        Turn(replica, r => r.StartAudit(1));
        Asked().ShouldBe(0);
        _now += Profile.Lan.CallLimit * 1.1;
        Turn(replica, r => r.Tick());
        Turn(replica, r => r.StartAudit(1));
        Asked().ShouldBe(1);
    }

    [Fact]
    public void None_begins_while_nothing_can_be_committed()
    {
        var replica = Make(1);
        Turn(replica, r => r.Require(2));
        Turn(replica, r => r.Lead(Version(1), Providers(1)));
        var reign = _effects.OfType<ReplicaEffect.Instruct>().Last().Instruction.Assignment;
        Turn(replica, r => r.OnReport(new ServiceReport.BecamePrimary(reign)));
        Turn(replica, r => r.StartAudit(1));
        Asked().ShouldBe(0);

        Turn(replica, r => r.Lead(Version(2), Providers(1, 2)));
        Turn(replica, r => r.StartAudit(1));
        Asked().ShouldBe(1);
    }

    [Fact]
    public void A_service_whose_snapshots_cannot_be_compared_ends_its_audit_at_once()
    {
        var (replica, reign) = Begin(1, 2);
        Turn(replica, r => r.OnReport(new ServiceReport.Audited(reign, 5, null)));
        Result()!.ToString().ShouldContain("cannot be compared");
    }

    [Fact]
    public void A_secondary_says_its_digest_to_the_primary_it_follows()
    {
        var replica = Make(2);
        Turn(replica, r => r.OnAppend(Id(1), new ReplicationMessage.Append(
            Service, Version(1), 0, ConfigurationVersion.None, [Entry(1, 1)], 1, 0), adoptsNewer: true));
        Turn(replica, r => r.OnReport(new ServiceReport.Audited(0, 1, 7)));
        _effects.OfType<ReplicaEffect.Send>().Last().ShouldBe(
            new ReplicaEffect.Send(Id(1), new ReplicationMessage.Audited(Service, Version(1), 1, 7), false));
    }

    [Fact]
    public void A_copy_that_is_discarded_begins_empty_on_disk_and_in_memory()
    {
        var replica = Make(2, new StoredReplica(new Snapshot(Version(1), 2, Bytes("ab")), [Entry(1, 3)]));
        Turn(replica, r => r.Stand(Version(2)));
        Turn(replica, r => r.Discard());

        (replica.LastSequence, replica.Committed).ShouldBe((0L, 0L));
        _effects.OfType<ReplicaEffect.Write>().Single().Writes.ShouldBe([new StoreWrite.RemoveReplica(Service)]);
        _effects.OfType<ReplicaEffect.Instruct>().Last().Instruction.ShouldBeOfType<ServiceInstruction.StartAnew>();
        replica.Version.ShouldBe(Version(2), "the seal stays");
    }

    private static Replica Make(int node, StoredReplica? stored = null) =>
        new(Service, Id(node), isDurable: true, stored, Profile.Lan, Mutation.None);

    /// <summary>The first leads these and has begun an audit.</summary>
    private (Replica Replica, long Reign) Begin(params int[] inSync) => Begin(Make(1), inSync);

    private (Replica Replica, long Reign) Begin(Replica replica, params int[] inSync)
    {
        Turn(replica, r => r.Lead(Version(1), Providers(inSync)));
        var reign = _effects.OfType<ReplicaEffect.Instruct>().Last().Instruction.Assignment;
        Turn(replica, r => r.OnReport(new ServiceReport.BecamePrimary(reign)));
        Turn(replica, r => r.StartAudit(1));
        Asked().ShouldBe(1);
        return (replica, reign);
    }

    /// <summary>It has, and is sending its snapshot of checkpoint 4 to the third; checkpoint 5 is committed.</summary>
    private (Replica Replica, long Reign) BeginBesideNewcomer()
    {
        var stored = new StoredReplica(new Snapshot(Version(1), 4, Bytes("a")), []);
        var (replica, reign) = Begin(Make(1, stored), 1, 2);
        Commit(replica, 5);
        Turn(replica, r => r.BringUp(Providers(3)));
        Acknowledge(replica, 3, 0, isMatched: false);
        _effects.OfType<ReplicaEffect.Send>().ShouldContain(s => s.Message is ReplicationMessage.SnapshotPart);
        return (replica, reign);
    }

    private void Commit(Replica replica, long sequence)
    {
        Turn(replica, r => r.Append(Bytes("x")));
        Acknowledge(replica, 1, sequence);
        Acknowledge(replica, 2, sequence);
        Turn(replica, r => r.Tick());
        replica.Committed.ShouldBe(sequence);
    }

    private void Acknowledge(Replica replica, int node, long sequence, bool isMatched = true) =>
        Turn(replica, r => r.OnAppended(
            Id(node), new ReplicationMessage.Appended(Service, Version(1), isMatched, sequence, 0)));

    private void Report(Replica replica, long reign, UInt128 digest, long sequence = 5) =>
        Turn(replica, r => r.OnReport(new ServiceReport.Audited(reign, sequence, digest)));

    private void Answer(Replica replica, int node, UInt128 digest, long sequence = 5) => Turn(
        replica, r => r.OnAudited(Id(node), new ReplicationMessage.Audited(Service, Version(1), sequence, digest)));

    private AuditResult? Result() => _effects.OfType<ReplicaEffect.NoteAudit>().SingleOrDefault()?.Result;

    private int Asked() =>
        _effects.OfType<ReplicaEffect.Instruct>().Count(i => i.Instruction is ServiceInstruction.Audit);

    private int Saves() =>
        _effects.OfType<ReplicaEffect.Instruct>().Count(i => i.Instruction is ServiceInstruction.SaveSnapshot);

    /// <summary>The checkpoints of the snapshots that it keeps.</summary>
    private List<long> Kept() =>
    [
        .. _effects.OfType<ReplicaEffect.Write>().SelectMany(w => w.Writes).OfType<StoreWrite.PutSnapshot>()
            .Select(w => w.Snapshot.Sequence),
    ];

    private List<MemberId> Told() =>
    [
        .. _effects.OfType<ReplicaEffect.Send>().Where(s => s.Message is ReplicationMessage.StateDiffered)
            .Select(s => s.To),
    ];

    private void Turn(Replica replica, Action<Replica> act)
    {
        replica.Begin(_now, _effects);
        act(replica);
    }
}
