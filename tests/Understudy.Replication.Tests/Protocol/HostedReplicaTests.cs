using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>A replica whose state is kept by an executor: what it tells it, and which of its words count.</summary>
public sealed class HostedReplicaTests
{
    private readonly List<ReplicaEffect> _effects = [];
    private readonly Replica _replica = Make(null);

    [Fact]
    public void A_new_primary_applies_its_whole_log_before_it_becomes_primary()
    {
        var replica = Make(new StoredReplica(
            new Snapshot(Version(1), 2, Bytes("ab")), [Entry(1, 3, "c"), Entry(1, 4, "d")]));
        Turn(replica, r => r.Lead(Version(2), Providers(1, 2)));

        var told = Told();
        told[0].ShouldBeOfType<ServiceInstruction.Load>().Snapshot!.Sequence.ShouldBe(2);
        told[1].ShouldBeOfType<ServiceInstruction.Apply>().Entries.Select(e => e.Sequence).ShouldBe([3L, 4L]);
        told[2].ShouldBeOfType<ServiceInstruction.BecomePrimary>().Sequence.ShouldBe(4);
        replica.IsServing.ShouldBeFalse("its code has not said so yet");

        Turn(replica, r => r.OnReport(new ServiceReport.BecamePrimary(told[2].Assignment)).ShouldBeTrue());
        replica.IsServing.ShouldBeTrue();
    }

    [Fact]
    public void A_standby_loads_what_its_disk_has_without_waiting_for_a_commit()
    {
        var replica = Make(new StoredReplica(new Snapshot(Version(1), 2, Bytes("ab")), []));
        Turn(replica, r => r.Stand(Version(2)));
        Turn(replica, r => r.TellStanding(isInSync: true));
        Told().Select(i => i.GetType()).ShouldBe(
            [typeof(ServiceInstruction.Load), typeof(ServiceInstruction.BecomeSecondary)]);
    }

    [Fact]
    public void Several_callers_checkpoints_share_a_write_and_a_message()
    {
        var reign = Lead();
        _effects.Clear();
        Offer(reign, 1, "a", "b", "c");

        _effects.OfType<ReplicaEffect.Write>().ShouldHaveSingleItem();
        _replica.LastSequence.ShouldBe(3);
    }

    [Fact]
    public void An_answer_waits_for_its_own_checkpoint_only()
    {
        var reign = Lead();
        Turn(_replica, r => r.OnReport(new ServiceReport.Offered(
            reign, 1, [Bytes("a"), Bytes("b")], [Answer(1, 1), Answer(2, 2)])));
        Acknowledge(1);
        Answered().ShouldBe([1L]);
        Acknowledge(2);
        Answered().ShouldBe([1L, 2L]);
        Told().OfType<ServiceInstruction.NoteReleased>().Select(n => n.Sequence).ShouldBe([1L, 2L]);
    }

    [Fact]
    public void What_was_offered_in_an_older_version_is_refused_even_by_one_that_leads_again()
    {
        var reign = Lead();
        Turn(_replica, r => r.Stand(Version(2)));
        Turn(_replica, r => r.Lead(Version(3), Providers(1, 2)));
        _effects.Clear();
        Turn(_replica, r => r.OnReport(new ServiceReport.Offered(reign, 1, [Bytes("late")], [Answer(7, 1)])));

        _replica.LastSequence.ShouldBe(0);
        _effects.OfType<ReplicaEffect.GiveUp>().Single().Id.Number.ShouldBe(7);
    }

    [Fact]
    public void A_primary_that_stays_primary_goes_on_as_it_is()
    {
        var reign = Lead();
        _effects.Clear();
        Turn(_replica, r => r.Lead(Version(2), Providers(1, 2)));
        Told().ShouldBeEmpty();
        Offer(reign, 1, "a");
        _replica.LastSequence.ShouldBe(1);
        _replica.IsServing.ShouldBeTrue();
    }

    [Fact]
    public void A_deposed_primary_is_told_to_stop_first_and_then_to_go_back_to_what_is_committed()
    {
        var reign = Lead();
        Offer(reign, 1, "a");
        Acknowledge(1);
        Offer(reign, 2, "b");
        _effects.Clear();
        Turn(_replica, r => r.Stand(Version(2)));

        var told = Told();
        told[0].ShouldBeOfType<ServiceInstruction.BecomeSecondary>().Assignment.ShouldBe(reign + 1);
        var back = told[1].ShouldBeOfType<ServiceInstruction.RollBack>();
        back.Sequence.ShouldBe(1);
        back.Entries.Select(e => e.Sequence).ShouldBe([1L]);
    }

    [Fact]
    public void A_lease_that_is_about_to_end_stops_the_code_and_a_renewed_one_lets_it_go_on_with_its_log()
    {
        var reign = Lead();
        Offer(reign, 1, "a");
        _effects.Clear();
        Turn(_replica, r => r.Pause());
        Turn(_replica, r => r.Pause());
        var told = Told();
        told.Count.ShouldBe(2);
        told[0].ShouldBeOfType<ServiceInstruction.BecomeSecondary>();
        told[1].ShouldBeOfType<ServiceInstruction.RollBack>().Sequence.ShouldBe(1);
        Turn(_replica, r => r.Submit(Write(1, "x")).ShouldBe(AnswerKind.NotPrimary));
        _replica.IsPrimary.ShouldBeTrue("the configuration has not changed");

        _effects.Clear();
        Turn(_replica, r => r.GoOn());
        Told().ShouldHaveSingleItem().ShouldBeOfType<ServiceInstruction.BecomePrimary>().Sequence.ShouldBe(1);
    }

    [Fact]
    public void A_new_instance_of_code_that_was_stopped_for_its_lease_waits_for_the_lease_too()
    {
        Lead();
        Turn(_replica, r => r.Pause());
        _effects.Clear();
        Turn(_replica, r => r.StartAnew(isInSync: true));
        Told().ShouldNotContain(i => i is ServiceInstruction.BecomePrimary);
        Told()[^1].ShouldBeOfType<ServiceInstruction.BecomeSecondary>();

        Turn(_replica, r => r.GoOn());
        Told()[^1].ShouldBeOfType<ServiceInstruction.BecomePrimary>();
    }

    [Fact]
    public void Stopped_code_goes_back_to_what_is_in_the_log_before_its_state_is_asked_for()
    {
        var reign = Lead();
        for (var number = 1; number <= Profile.Lan.Transfer.SnapshotAfterEntries; number++) Offer(reign, number, "x");
        _effects.Clear();
        Turn(_replica, r => r.Pause());
        Offer(reign, Profile.Lan.Transfer.SnapshotAfterEntries + 1, "too late");
        Turn(_replica, r => r.Tick()); // What was asked of the code before it stopped is asked again.

        var told = Told();
        var saved = told.FindIndex(i => i is ServiceInstruction.SaveSnapshot);
        told[saved - 1].ShouldBeOfType<ServiceInstruction.RollBack>().Sequence
            .ShouldBe(Profile.Lan.Transfer.SnapshotAfterEntries);
    }

    [Fact]
    public void A_snapshot_counts_when_everything_in_it_is_committed()
    {
        var reign = Lead();
        for (var number = 1; number <= Profile.Lan.Transfer.SnapshotAfterEntries; number++) Offer(reign, number, "x");
        Told().OfType<ServiceInstruction.SaveSnapshot>().ShouldHaveSingleItem();
        Turn(_replica, r => r.OnReport(
            new ServiceReport.SnapshotSaved(reign, Profile.Lan.Transfer.SnapshotAfterEntries, Bytes("all"))));
        Puts().ShouldBeEmpty();

        Acknowledge(Profile.Lan.Transfer.SnapshotAfterEntries);
        Puts().Single().Snapshot.Sequence.ShouldBe(Profile.Lan.Transfer.SnapshotAfterEntries);
    }

    [Fact]
    public void A_confirmation_waits_for_a_round_that_began_after_it_was_asked()
    {
        var reign = Lead();
        Turn(_replica, r => r.OnReport(new ServiceReport.ConfirmationWanted(reign, 5, 0)));
        Told().OfType<ServiceInstruction.NoteConfirmed>().ShouldBeEmpty();
        var round = _effects.OfType<ReplicaEffect.Send>().Select(s => s.Message)
            .OfType<ReplicationMessage.Append>().Last().Round;
        Acknowledge(0, round);
        Told().OfType<ServiceInstruction.NoteConfirmed>().Single().Token.ShouldBe(5);
    }

    [Fact]
    public void Failed_code_is_started_anew_where_it_was()
    {
        var reign = Lead();
        Offer(reign, 1, "a");
        _effects.Clear();
        Turn(_replica, r => r.StartAnew(isInSync: true));

        Told().Select(i => i.GetType()).ShouldBe(
            [typeof(ServiceInstruction.StartAnew), typeof(ServiceInstruction.Apply),
                typeof(ServiceInstruction.BecomePrimary)]);
        Offer(reign, 2, "late");
        _replica.LastSequence.ShouldBe(1);
    }

    [Fact]
    public void A_caller_of_a_periodic_service_goes_on_at_once_but_a_confirmation_commits_first()
    {
        Turn(_replica, r => r.SendEvery(TimeSpan.FromHours(1)));
        var reign = Lead();
        Offer(reign, 1, "a");
        Told().OfType<ServiceInstruction.NoteReleased>().Select(n => n.Sequence).ShouldBe([1L]);
        Sent().ShouldAllBe(append => append.Entries.IsEmpty);

        Turn(_replica, r => r.OnReport(new ServiceReport.ConfirmationWanted(reign, 5, 1)));
        Sent().Last(append => !append.Entries.IsEmpty).Entries.Length.ShouldBe(1);
        Acknowledge(0, Sent().Last().Round);
        Told().OfType<ServiceInstruction.NoteConfirmed>().ShouldBeEmpty("its checkpoint is not committed");
        Acknowledge(1, Sent().Last().Round);
        Told().OfType<ServiceInstruction.NoteConfirmed>().Single().Token.ShouldBe(5);
    }

    [Fact]
    public void Without_a_lease_a_periodic_service_acknowledges_nothing_that_is_not_committed()
    {
        Turn(_replica, r => r.SendEvery(TimeSpan.FromHours(1)));
        var reign = Lead();
        Turn(_replica, r => r.Pause());
        Turn(_replica, r => r.OnReport(new ServiceReport.Offered(reign, 1, [Bytes("a")], [Answer(1, 1)])));
        Answered().ShouldBeEmpty();
    }

    private List<ReplicationMessage.Append> Sent() =>
        [.. _effects.OfType<ReplicaEffect.Send>().Select(s => s.Message).OfType<ReplicationMessage.Append>()];

    private static Replica Make(StoredReplica? stored) =>
        new(Service, Id(1), isDurable: true, stored, Profile.Lan, Mutation.None);

    private static ServiceAnswer Answer(long number, long sequence) =>
        new(new RequestId(Id(9), number), AnswerKind.Done, default, sequence, IsRead: false);

    /// <summary>The first leads with the second in sync, and serves.</summary>
    private long Lead()
    {
        Turn(_replica, r => r.Lead(Version(1), Providers(1, 2)));
        var reign = Told().OfType<ServiceInstruction.BecomePrimary>().Single().Assignment;
        Turn(_replica, r => r.OnReport(new ServiceReport.BecamePrimary(reign)));
        Acknowledge(0);
        return reign;
    }

    private void Offer(long reign, long first, params string[] checkpoints) => Turn(_replica, r => r.OnReport(
        new ServiceReport.Offered(reign, first, [.. checkpoints.Select(Bytes)], [])));

    private void Acknowledge(long sequence, long round = 0)
    {
        foreach (var node in new[] { 1, 2 })
        {
            Turn(_replica, r => r.OnAppended(Id(node), new ReplicationMessage.Appended(
                Service, r.Version, IsMatched: true, sequence, round)));
        }
    }

    private List<ServiceInstruction> Told() =>
        [.. _effects.OfType<ReplicaEffect.Instruct>().Select(i => i.Instruction)];

    private IEnumerable<long> Answered() => _effects.OfType<ReplicaEffect.Answer>().Select(a => a.Id.Number);

    private IEnumerable<StoreWrite.PutSnapshot> Puts() => _effects.OfType<ReplicaEffect.Write>()
        .SelectMany(w => w.Writes).OfType<StoreWrite.PutSnapshot>();

    private void Turn(Replica replica, Action<Replica> act)
    {
        replica.Begin(TimeSpan.FromSeconds(1), _effects);
        act(replica);
        while (replica.IsBatchOpen) replica.EndBatch();
    }
}
