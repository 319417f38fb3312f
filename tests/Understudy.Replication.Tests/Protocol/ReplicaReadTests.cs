using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;
using static Understudy.Replication.Tests.Protocol.ReplicaCommitTests;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaReadTests
{
    [Fact]
    public void A_read_is_held_until_every_in_sync_provider_confirms_it()
    {
        var pump = Three();
        pump.Loses = d => d.From == Id(3);
        pump.Turn(1, r => r.Submit(Read(1)));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.AnswersTo(1).ShouldBe([""]);
    }

    [Fact]
    public void A_read_is_held_until_what_it_saw_is_committed()
    {
        var pump = Three();
        pump.Loses = d => d is { Message: ReplicationMessage.Append { Entries.IsEmpty: false } } && d.To == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Turn(1, r => r.Submit(Read(2)));
        pump.Deliver();
        pump.AnswersTo(2).ShouldBeEmpty();

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.AnswersTo(2).ShouldBe(["a"]);
    }

    [Fact]
    public void A_read_waits_for_a_joining_provider_too()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Loses = d => d.From == Id(3);
        pump.Turn(1, r => r.Submit(Read(1)));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();
    }

    [Fact]
    public void A_confirmation_that_began_before_a_read_does_not_count_for_it()
    {
        var pump = Three();
        List<Delivery> held = [];
        pump.Loses = d =>
        {
            var isAnswer = d.From == Id(3) && d.Message is ReplicationMessage.Appended;
            if (isAnswer) held.Add(d);
            return isAnswer;
        };
        pump.Turn(1, r => r.Submit(Read(1)));
        pump.Deliver();
        pump.Turn(1, r => r.Submit(Read(2)));
        pump.Say(3, 1, held[0].Message);

        pump.AnswersTo(1).ShouldBe([""]);
        pump.AnswersTo(2).ShouldBeEmpty("it takes the next round");
        pump.Loses = _ => false;
        pump.Deliver();
        pump.Tick(Profile.Lan.Heartbeat);
        pump.AnswersTo(2).ShouldBe([""]);
    }

    [Fact]
    public void A_deposed_primary_answers_no_read()
    {
        var pump = Three();
        pump.Turn(2, r => r.Seal(Version(2)));
        pump.Turn(3, r => r.Seal(Version(2)));
        pump.Turn(1, r => r.Submit(Read(1)));
        pump.Deliver();
        for (var i = 0; i < 5; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.AnswersTo(1).ShouldBeEmpty();
    }
}
