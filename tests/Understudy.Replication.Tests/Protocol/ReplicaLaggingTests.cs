using CsCheck;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;
using static Understudy.Replication.Tests.Protocol.ReplicaCommitTests;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>Providers that answer, but do not keep up (agreement.md 4.5).</summary>
public sealed class ReplicaLaggingTests
{
    private static readonly LagBounds Bounds = Profile.Lan.Lag;

    [Fact]
    public void A_secondary_that_stays_behind_for_the_bound_of_time_is_asked_to_leave_with_the_reason()
    {
        var pump = Three();
        LagBehind(pump, Bounds.Time * 1.1);

        var wanted = pump.Asked<ReplicaEffect.WantInSync>()[0];
        (wanted.Provider, wanted.IsIncluded).ShouldBe((Provider(3), false));
        wanted.Reason!.Cause.ShouldBe(LeaveCause.BehindTime);
        wanted.Reason.ToString().ShouldMatch(@"^it was 5\.\d s behind$");
    }

    [Fact]
    public void A_secondary_that_is_late_but_keeps_up_stays()
    {
        var pump = Three();
        pump.Loses = d => d.From == Id(3);
        for (var number = 1; number <= 120; number++)
        {
            pump.Turn(1, r => r.Submit(Write(number, "x")));
            pump.Tick(Profile.Lan.Heartbeat);
            pump.Say(3, 1, Appended(Math.Max(0, number - 40))); // Four seconds old.
        }

        pump.Asked<ReplicaEffect.WantInSync>().ShouldBeEmpty();
    }

    [Fact]
    public void A_secondary_that_lacks_more_bytes_than_the_bound_is_asked_to_leave()
    {
        var pump = Three();
        pump.Loses = d => d.From == Id(3);
        pump.Say(3, 1, Appended(0));
        pump.Turn(1, r => r.Submit(Write(1, new string('x', checked((int)Bounds.Bytes)))));
        pump.Tick(Profile.Lan.Tick);

        pump.Asked<ReplicaEffect.WantInSync>()[0].Reason!.Cause.ShouldBe(LeaveCause.BehindBytes);
    }

    [Fact]
    public void It_is_waited_for_until_the_configuration_is_without_it()
    {
        var pump = Three();
        LagBehind(pump, Bounds.Time * 2);
        pump.AnswersTo(60).ShouldBeEmpty();
        pump.On(1).Committed.ShouldBe(1);
    }

    [Fact]
    public void One_that_left_is_marked_again_only_when_it_has_kept_up_for_a_while()
    {
        var pump = Three();
        LagBehind(pump, Bounds.Time * 1.1);
        pump.Loses = _ => false;
        pump.Lead(2, 1, 2);
        pump.Deliver();
        pump.Effects.Clear();
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        Pass(pump, Bounds.Time - (Profile.Lan.Heartbeat * 2));
        pump.On(3).LastSequence.ShouldBe(pump.On(1).LastSequence);
        pump.Asked<ReplicaEffect.NoteMark>().ShouldBeEmpty("it is on probation");

        Pass(pump, Profile.Lan.Heartbeat * 4);
        pump.Asked<ReplicaEffect.NoteMark>().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_service_that_takes_no_writes_without_it_does_not_wait_for_its_probation()
    {
        var pump = Three();
        pump.On(1).Require(3);
        LagBehind(pump, Bounds.Time * 1.1);
        pump.Loses = _ => false;
        pump.Lead(2, 1, 2);
        pump.Deliver();
        pump.Effects.Clear();
        pump.Turn(1, r => r.BringUp(Providers(3)));
        Pass(pump, Bounds.Time / 2);

        pump.Asked<ReplicaEffect.NoteMark>().ShouldHaveSingleItem();
    }

    [Fact]
    public void One_that_left_twice_waits_twice_as_long()
    {
        var pump = Three();
        LagBehind(pump, Bounds.Time * 1.1);
        pump.Lead(2, 1, 2, 3);
        LagBehind(pump, Bounds.Time * 1.1, version: 2);
        pump.Loses = _ => false;
        pump.Lead(3, 1, 2);
        pump.Deliver();
        pump.Effects.Clear();
        pump.Turn(1, r => r.BringUp(Providers(3)));
        Pass(pump, Bounds.Time * 1.9);
        pump.Asked<ReplicaEffect.NoteMark>().ShouldBeEmpty();
        Pass(pump, Bounds.Time * 0.2);
        pump.Asked<ReplicaEffect.NoteMark>().ShouldHaveSingleItem();
    }

    [Fact]
    public void One_that_waits_for_others_to_leave_first_is_counted_once()
    {
        var pump = new ReplicaPump { Profile = Profile.Lan with { Lag = Bounds with { Bytes = 100 } } };
        foreach (var node in new[] { 1, 2, 3 }) pump.Add(node);
        pump.Lead(1, 1, 2, 3);
        pump.Deliver();
        pump.Loses = d => d.From == Id(3);
        pump.Say(3, 1, Appended(0));
        pump.Turn(1, r => r.Submit(Write(1, new string('x', 100))));
        for (var version = 1; version <= 4; version++)
        {
            pump.Tick(Profile.Lan.Tick);
            pump.Asked<ReplicaEffect.WantInSync>().ShouldContain(w => w.Version == Version(version));
            pump.Lead(version + 1, 1, 2, 3);
            pump.Say(3, 1, Appended(0, version + 1));
        }

        pump.Tick(Profile.Lan.Tick);
        pump.Loses = _ => false;
        pump.Lead(6, 1, 2);
        pump.Deliver();
        pump.Effects.Clear();
        pump.Turn(1, r => r.BringUp(Providers(3)));
        Pass(pump, Bounds.Time * 1.1);
        pump.Asked<ReplicaEffect.NoteMark>().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_secondary_acknowledges_no_more_than_its_own_code_can_take()
    {
        List<ReplicaEffect> effects = [];
        var profile = Profile.Lan with { Lag = Bounds with { BacklogEntries = 4 } };
        var replica = new Replica(Service, Id(2), isDurable: false, null, profile, Mutation.None);
        replica.Begin(TimeSpan.FromSeconds(1), effects);
        replica.OnAppend(Id(1), Append(0, 10, committed: 0), adoptsNewer: true);
        Sent(effects).ShouldBe([4L]);
        replica.OnAppend(Id(1), Append(10, 0, committed: 4), adoptsNewer: true);
        effects.OfType<ReplicaEffect.Instruct>().Select(i => i.Instruction).OfType<ServiceInstruction.Apply>()
            .Single().Entries.Length.ShouldBe(4);
        effects.OfType<ReplicaEffect.Instruct>().Count(i => i.Instruction is ServiceInstruction.SayPosition)
            .ShouldBe(1, "one question at a time");

        effects.Clear();
        replica.OnReport(new ServiceReport.Applied(0, 4));
        Sent(effects).ShouldBe([8L]);
        effects.Clear();
        replica.OnReport(new ServiceReport.Applied(0, 8));
        Sent(effects).ShouldBe([10L]);
        effects.Clear();
        replica.OnReport(new ServiceReport.Applied(0, 10));
        Sent(effects).ShouldBeEmpty("nothing is withheld any more");
    }

    [Fact]
    public void How_far_a_bound_reaches_is_what_adding_up_says() => Gen.Select(
        Gen.Int[0, 5].Array[0, 30], Gen.Int[0, 10], Gen.Int[0, 35], Gen.Int[1, 12], Gen.Int[0, 40]).Sample(
        (sizes, compacted, after, most, mostBytes) =>
        {
            var entries = sizes.Select((size, i) => Entry(1, i + 1, new string('x', size)));
            var log = new ReplicaLog(0, ConfigurationVersion.None, entries);
            log.CompactTo(Math.Min(compacted, sizes.Length));
            var from = Math.Min(Math.Max(after, log.BaseSequence), log.LastSequence);
            var reach = from;
            for (var bytes = 0; reach < log.LastSequence && reach - from < most; reach++)
            {
                bytes += sizes[reach];
                if (bytes > mostBytes && reach > from) break;
            }

            log.Reach(from, most, mostBytes).ShouldBe(reach);
            log.SizeBytes.ShouldBe(sizes.Skip((int)log.BaseSequence).Sum());
        });

    private static List<long> Sent(List<ReplicaEffect> effects) =>
    [
        .. effects.OfType<ReplicaEffect.Send>().Select(s => s.Message).OfType<ReplicationMessage.Appended>()
            .Where(a => a.IsMatched).Select(a => a.Sequence),
    ];

    private static ReplicationMessage.Append Append(long previous, int count, long committed) => new(
        Service, Version(1), previous, previous == 0 ? ConfigurationVersion.None : Version(1),
        [.. Enumerable.Range(1, count).Select(i => Entry(1, previous + i))], committed, 0);

    private static ReplicationMessage.Appended Appended(long sequence, long version = 1) =>
        new(Service, Version(version), IsMatched: true, sequence, 0);

    /// <summary>The third answers all the time, but for long it says that it has only the first entry.</summary>
    private static void LagBehind(ReplicaPump pump, TimeSpan time, long version = 1)
    {
        pump.Loses = d => d.From == Id(3);
        for (var end = pump.Now + time; pump.Now < end;)
        {
            var number = pump.On(1).LastSequence + 1;
            pump.Turn(1, r => r.Submit(Write(number, "x")));
            pump.Say(3, 1, Appended(1, version));
            pump.Tick(Profile.Lan.Heartbeat);
        }
    }

    private static void Pass(ReplicaPump pump, TimeSpan time)
    {
        for (var end = pump.Now + time; pump.Now < end;)
        {
            var number = pump.On(1).LastSequence + 1;
            pump.Turn(1, r => r.Submit(Write(number, "x")));
            pump.Tick(Profile.Lan.Heartbeat);
        }
    }
}
