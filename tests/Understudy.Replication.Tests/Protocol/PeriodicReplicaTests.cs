using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>Mode periodic (decision 0061): an interval of 1 s, and 0.2 s more until answers wait.</summary>
public sealed class PeriodicReplicaTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ReplicaPump _pump = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_leaves_at_once_and_its_checkpoint_when_the_interval_is_over(bool isDurable)
    {
        Lead(isDurable: isDurable);
        Ask(1, "a");
        _pump.AnswersTo(1).ShouldBe(["a"]);
        (_pump.On(1).Committed, _pump.On(2).LastSequence).ShouldBe((0L, 0L));
        _pump.JournalOn(1).ShouldBeEmpty("it is flushed with the batch");

        PassUntilSent();
        (_pump.On(1).Committed, _pump.On(2).LastSequence).ShouldBe((1L, 1L));
        _pump.JournalOn(1).Length.ShouldBe(isDurable ? 1 : 0);
    }

    [Fact]
    public void What_comes_within_an_interval_leaves_in_one_message_and_no_later_than_it_ends()
    {
        Lead();
        Ask(1, "a");
        var asked = _pump.Now;
        for (var number = 2; _pump.On(1).Committed == 0; number++)
        {
            _pump.Tick(Profile.Lan.Tick);
            if (_pump.On(1).Committed == 0) Ask(number, "b");
        }

        (_pump.Now - asked).ShouldBeInRange(Interval / 2, Interval);
        _pump.Said<ReplicationMessage.Append>(by: 1).Count(m => !m.Entries.IsEmpty).ShouldBe(1);
    }

    [Fact]
    public void A_batch_that_is_full_does_not_wait_for_the_end_of_the_interval()
    {
        Lead();
        for (var number = 1; number <= ReplicaLimits.EntriesPerBatch; number++) Ask(number, "a", delivers: false);
        _pump.Deliver();
        _pump.On(1).Committed.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_read_is_answered_from_the_primarys_state_without_asking_anybody()
    {
        Lead();
        _pump.Loses = _ => true;
        Ask(1, "a");
        _pump.Turn(1, r => r.Submit(Read(2)));
        _pump.AnswersTo(2).ShouldBe(["a"]);
    }

    [Fact]
    public void When_the_oldest_uncommitted_update_is_older_than_the_bound_answers_wait_until_it_is_committed()
    {
        Lead();
        Ask(1, "a");
        _pump.Loses = d => d.From == Id(2);
        var since = _pump.On(1).UncommittedSince!.Value;
        var number = 1;
        while (_pump.Now - since <= Interval + (Profile.Lan.Heartbeat * 2))
        {
            _pump.Tick(Profile.Lan.Tick);
            Ask(++number, "b");
        }

        _pump.AnswersTo(number - 1).ShouldNotBeEmpty();
        _pump.AnswersTo(number).ShouldBeEmpty("what is older than the bound is not committed");
        _pump.On(1).IsAhead.ShouldBeTrue();

        _pump.Loses = _ => false;
        _pump.Tick(Profile.Lan.Heartbeat);
        _pump.AnswersTo(number).ShouldNotBeEmpty();
    }

    [Fact]
    public void A_service_without_enough_in_sync_providers_answers_no_write_early()
    {
        Lead();
        _pump.Turn(1, r => r.Require(3));
        Ask(1, "a");
        _pump.AnswersTo(1).ShouldBeEmpty();
    }

    [Fact]
    public void A_primary_that_is_about_to_hand_over_sends_what_it_has_and_commits_before_it_answers()
    {
        Lead();
        Ask(1, "a");
        _pump.Loses = d => d.From == Id(2);
        _pump.Turn(1, r => r.SendEvery(TimeSpan.Zero));
        Ask(2, "b");
        _pump.AnswersTo(2).ShouldBeEmpty();
        _pump.On(1).IsDrained.ShouldBeFalse();

        _pump.Loses = _ => false;
        _pump.Tick(Profile.Lan.Heartbeat);
        _pump.AnswersTo(2).ShouldBe(["ab"]);
        _pump.On(1).IsDrained.ShouldBeTrue();
        _pump.On(1).IsAhead.ShouldBeFalse();
    }

    [Fact]
    public void What_was_acknowledged_and_not_sent_is_lost_with_the_primary_and_done_again_when_it_is_asked_again()
    {
        Lead();
        Ask(1, "a", "key-1");
        PassUntilSent();
        Ask(2, "b", "key-2");
        _pump.Turn(2, r => r.SendEvery(Interval));
        _pump.Turn(2, r => r.Lead(Version(2), Providers(2)));

        _pump.Turn(2, r => r.Submit(Write(3, "a", "key-1")));
        _pump.Turn(2, r => r.Submit(Write(4, "b", "key-2")));
        _pump.AnswersTo(3).ShouldBe(["a"], "it was kept, and is not done twice");
        _pump.AnswersTo(4).ShouldBe(["ab"], "it was lost, and is done");
    }

    [Fact]
    public void A_deposed_primary_undoes_what_it_acknowledged_and_did_not_commit()
    {
        Lead();
        Ask(1, "a");
        PassUntilSent();
        Ask(2, "b");
        _pump.Turn(1, r => r.Stand(Version(2)));
        _pump.LettersOn(1).ShouldBe("a");
        (_pump.On(1).Committed, _pump.On(1).Released).ShouldBe((1L, 2L));
    }

    [Fact]
    public void A_provider_that_joins_does_not_wait_for_the_end_of_an_interval()
    {
        _pump.Add(3);
        Lead();
        Ask(1, "a");
        _pump.Turn(1, r => r.BringUp(Providers(3)));
        _pump.Deliver();
        _pump.Asked<ReplicaEffect.WantInSync>().Select(w => w.Provider.Member).ShouldBe([Id(3)]);
        _pump.On(1).Committed.ShouldBe(0);
        PassUntilSent();
        _pump.On(3).LastSequence.ShouldBe(1);
    }

    [Fact]
    public void A_long_interval_makes_no_secondary_late()
    {
        Lead(TimeSpan.FromHours(1));
        Ask(1, "a");
        for (var passed = TimeSpan.Zero; passed < Profile.Lan.Lag.Time * 2; passed += Profile.Lan.Tick)
            _pump.Tick(Profile.Lan.Tick);
        _pump.Asked<ReplicaEffect.WantInSync>().ShouldBeEmpty();
        _pump.On(2).LastSequence.ShouldBe(0);
    }

    [Fact]
    public void A_lone_primary_answers_early_and_commits_with_its_quorum()
    {
        _pump.Add(1);
        _pump.Turn(1, r => r.SendEvery(Interval));
        _pump.Lead(1, 1);
        _pump.Deliver();
        Ask(1, "a");
        _pump.AnswersTo(1).ShouldBe(["a"]);
        for (var i = 0; i <= Interval / Profile.Lan.Tick; i++) _pump.Tick(Profile.Lan.Tick);
        _pump.On(1).Committed.ShouldBe(0);
        _pump.Turn(1, r => r.OnQuorum(_pump.Asked<ReplicaEffect.AskQuorum>()[^1].Token));
        _pump.On(1).Committed.ShouldBe(1);
    }

    private void Lead(TimeSpan? interval = null, bool isDurable = true)
    {
        _pump.Add(1, isDurable: isDurable);
        _pump.Add(2, isDurable: isDurable);
        _pump.Turn(1, r => r.SendEvery(interval ?? Interval));
        _pump.Lead(1, 1, 2);
        _pump.Deliver();
    }

    private void Ask(long number, string letters, string? key = null, bool delivers = true)
    {
        _pump.Turn(1, r => r.Submit(Write(number, letters, key)).ShouldBe(AnswerKind.Done));
        if (delivers) _pump.Deliver();
    }

    private void PassUntilSent()
    {
        for (var i = 0; i <= Interval / Profile.Lan.Tick; i++) _pump.Tick(Profile.Lan.Tick);
    }
}
