using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaCommitTests
{
    [Fact]
    public void An_update_is_answered_when_every_in_sync_provider_has_it()
    {
        var pump = Three();
        pump.Loses = d => d.To == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")).ShouldBe(AnswerKind.Done));
        pump.Deliver();
        pump.On(1).Committed.ShouldBe(0);
        pump.AnswersTo(1).ShouldBeEmpty();

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.On(1).Committed.ShouldBe(1);
        pump.AnswersTo(1).ShouldBe(["a"]);
    }

    [Fact]
    public void A_durable_update_waits_for_every_disk()
    {
        var pump = Three();
        pump.Turn(1, r => r.Submit(Write(1, "a")));

        pump.Said<ReplicationMessage.Appended>(2).ShouldNotContain(a => a.Sequence == 1);
        pump.Deliver();
        pump.Effects.Select(e => e.Effect).OfType<ReplicaEffect.Send>()
            .Where(s => s.Message is ReplicationMessage.Appended { IsMatched: true }).ShouldAllBe(s => s.IsDurable);
        pump.AnswersTo(1).ShouldBe(["a"]);
    }

    [Fact]
    public void An_update_in_memory_waits_for_no_disk()
    {
        var pump = new ReplicaPump();
        for (var node = 1; node <= 2; node++) pump.Add(node, isDurable: false);
        pump.Lead(1, 1, 2);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();

        pump.AnswersTo(1).ShouldBe(["a"]);
        pump.Asked<ReplicaEffect.Write>().ShouldBeEmpty();
    }

    [Fact]
    public void An_update_waits_for_a_joining_provider_too()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Asked<ReplicaEffect.WantInSync>().ShouldBe([new ReplicaEffect.WantInSync(Version(1), Provider(3), true)]);

        pump.Loses = d => d.To == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.AnswersTo(1).ShouldBe(["a"]);
    }

    [Fact]
    public void Secondaries_apply_only_what_is_committed()
    {
        var pump = Three();
        pump.Loses = d => d.From == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.LettersOn(1).ShouldBe("a", "the primary runs ahead");
        pump.LettersOn(2).ShouldBe("");

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Tick(Profile.Lan.Heartbeat);
        pump.LettersOn(2).ShouldBe("a");
        pump.On(2).State.Digest.ShouldBe(pump.On(1).State.Digest);
    }

    [Fact]
    public void A_sealed_replica_takes_nothing_from_an_older_configuration()
    {
        var pump = Three();
        pump.Turn(2, r => r.Seal(Version(2)));
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.Tick(Profile.Lan.Heartbeat);

        pump.On(2).LastSequence.ShouldBe(0);
        pump.AnswersTo(1).ShouldBeEmpty();
    }

    [Fact]
    public void A_seal_says_where_the_log_ends_and_only_grows()
    {
        var pump = Three();
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();

        pump.On(2).Seal(Version(3)).ShouldBe(new Selection.LogPosition(Version(1), 1));
        Should.Throw<InvariantViolationException>(() => pump.On(2).Seal(Version(2)));
    }

    [Fact]
    public void A_deposed_primary_goes_back_to_what_was_committed_and_gives_its_requests_up()
    {
        var pump = Three();
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.Loses = _ => true;
        pump.Turn(1, r => r.Submit(Write(2, "b")));
        pump.Turn(1, r => r.Submit(Write(3, "c")));
        pump.LettersOn(1).ShouldBe("abc");

        pump.Turn(1, r => r.Stand(Version(2)));

        pump.LettersOn(1).ShouldBe("a");
        pump.Asked<ReplicaEffect.GiveUp>().Select(g => g.Id.Number).ShouldBe([2, 3]);
        pump.Turn(1, r => r.Submit(Write(4, "d")).ShouldBe(AnswerKind.NotPrimary));
    }

    [Fact]
    public void What_a_deposed_primary_had_alone_gives_way_to_its_successor_s_checkpoints()
    {
        var pump = Three();
        pump.Loses = d => d.From == Id(1);
        pump.Turn(1, r => r.Submit(Write(1, "lost")));
        pump.Deliver();
        pump.Loses = _ => false;
        pump.Lead(2, 2, 1, 3);
        pump.Turn(2, r => r.Submit(Write(2, "kept")));
        pump.Deliver();
        for (var i = 0; i < 3; i++) pump.Tick(Profile.Lan.Heartbeat);

        foreach (var node in new[] { 1, 2, 3 }) pump.LettersOn(node).ShouldBe("kept");
        pump.AnswersTo(2).ShouldBe(["kept"]);
    }

    [Fact]
    public void A_new_primary_commits_what_it_holds_before_it_answers()
    {
        var pump = Three();
        pump.Loses = d => d.To == Id(3) || d.To == Id(1);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();

        pump.Loses = _ => false;
        pump.Lead(2, 2, 1, 3);
        pump.Turn(2, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.Tick(Profile.Lan.Heartbeat);
        pump.AnswersTo(1).ShouldBe(["a"], "it was executed once, and is known");
        pump.On(3).LastSequence.ShouldBe(1);
    }

    [Fact]
    public void A_lone_primary_asks_a_quorum_before_it_commits_or_reads()
    {
        var pump = new ReplicaPump();
        pump.Add(1);
        pump.Lead(1, 1);
        pump.Deliver();
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Turn(1, r => r.Submit(Read(2)));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();
        pump.AnswersTo(2).ShouldBeEmpty();

        for (var i = 0; i < 3; i++) Confirm(pump);

        pump.AnswersTo(1).ShouldBe(["a"]);
        pump.AnswersTo(2).ShouldBe(["a"]);
    }

    [Fact]
    public void A_quorum_s_word_counts_for_what_was_there_when_it_was_asked()
    {
        var pump = new ReplicaPump();
        pump.Add(1);
        pump.Lead(1, 1);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        var asked = pump.Asked<ReplicaEffect.AskQuorum>().Last();
        pump.Turn(1, r => r.Submit(Write(2, "b")));
        pump.Deliver();
        pump.Turn(1, r => r.OnQuorum(asked.Token));

        pump.AnswersTo(1).ShouldBe(["a"]);
        pump.AnswersTo(2).ShouldBeEmpty();
        pump.Turn(1, r => r.OnQuorum(asked.Token));
        pump.AnswersTo(2).ShouldBeEmpty("an answer counts once");
    }

    internal static ReplicaPump Three(int[]? inSync = null)
    {
        var pump = new ReplicaPump();
        for (var node = 1; node <= 3; node++) pump.Add(node);
        pump.Lead(1, inSync ?? [1, 2, 3]);
        pump.Deliver();
        return pump;
    }

    private static void Confirm(ReplicaPump pump)
    {
        if (pump.Asked<ReplicaEffect.AskQuorum>() is not [.., var last]) return;
        pump.Turn(1, r => r.OnQuorum(last.Token));
        pump.Deliver();
    }
}
