using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaBatchTests
{
    [Fact]
    public void What_comes_at_one_time_leaves_as_one_message_and_one_write()
    {
        var pump = Two();
        pump.Turn(1, r =>
        {
            for (var number = 1; number <= 5; number++) r.Submit(Write(number, "a"));
        });

        pump.Said<ReplicationMessage.Append>(1).Single().Entries.Length.ShouldBe(5);
        var write = pump.Asked<ReplicaEffect.Write>().Single().Writes.Single();
        write.ShouldBeOfType<StoreWrite.AppendEntries>().Entries.Length.ShouldBe(5);
        pump.Said<ReplicationMessage.Appended>(1).Single().Sequence.ShouldBe(5);
        pump.Deliver();
        for (var number = 1; number <= 5; number++) pump.AnswersTo(number).Count.ShouldBe(1);
    }

    [Fact]
    public void Reads_that_come_at_one_time_share_a_round()
    {
        var pump = Two();
        pump.Turn(1, r =>
        {
            for (var number = 1; number <= 5; number++) r.Submit(Read(number));
        });

        pump.Said<ReplicationMessage.Append>(1).Count.ShouldBe(1);
        pump.Deliver();
        for (var number = 1; number <= 5; number++) pump.AnswersTo(number).Count.ShouldBe(1);
    }

    [Fact]
    public void Two_messages_with_entries_are_under_way_at_most()
    {
        var pump = Two();
        for (var number = 1; number <= 5; number++)
        {
            var asked = Write(number, "a");
            pump.Turn(1, r => r.Submit(asked));
        }

        pump.Said<ReplicationMessage.Append>(1).Select(a => a.Entries.Length).ShouldBe([1, 1]);
        pump.Deliver();
        pump.On(2).LastSequence.ShouldBe(5);
        pump.AnswersTo(5).Count.ShouldBe(1);
    }

    [Fact]
    public void What_a_deposed_primary_had_not_written_is_written_before_it_is_acknowledged()
    {
        var pump = Two();
        pump.Turn(1, r =>
        {
            r.Submit(Write(1, "a"));
            var entry = Entry(1, 1);
            r.OnAppend(
                Id(2),
                new ReplicationMessage.Append(Service, Version(2), 0, Version(0), [entry], Committed: 0, Round: 0),
                adoptsNewer: true);
        });

        var effects = pump.Effects.Select(e => e.Effect).ToList();
        var write = effects.FindIndex(e => e is ReplicaEffect.Write);
        var word = effects.FindIndex(
            e => e is ReplicaEffect.Send { Message: ReplicationMessage.Appended, IsDurable: true });
        write.ShouldBeGreaterThanOrEqualTo(0);
        word.ShouldBeGreaterThan(write);
    }

    /// <summary>Two in sync, whose first messages are over and forgotten.</summary>
    private static ReplicaPump Two()
    {
        var pump = new ReplicaPump();
        for (var node = 1; node <= 2; node++) pump.Add(node);
        pump.Lead(1, 1, 2);
        pump.Deliver();
        pump.Effects.Clear();
        return pump;
    }
}
