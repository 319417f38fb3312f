using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;
using static Understudy.Replication.Tests.Protocol.ReplicaCommitTests;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaJoiningTests
{
    [Fact]
    public void A_provider_that_has_what_was_there_at_its_mark_is_asked_to_be_taken_in()
    {
        var pump = Three(inSync: [1, 2]);
        for (var i = 1; i <= 200; i++) pump.Turn(1, r => r.Submit(Write(i, "x")));
        pump.Deliver();
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Asked<ReplicaEffect.WantInSync>().ShouldBeEmpty();
        pump.Deliver();

        pump.On(3).LastSequence.ShouldBe(200);
        pump.Asked<ReplicaEffect.WantInSync>().ShouldHaveSingleItem()
            .ShouldBe(new ReplicaEffect.WantInSync(Version(1), Provider(3), IsIncluded: true));
        pump.Asked<ReplicaEffect.NoteMark>().ShouldBe([new ReplicaEffect.NoteMark(Version(1), Id(3))]);
        pump.On(1).Joining.ShouldBe([new JoiningProgress(Id(3), 100)]);
    }

    [Fact]
    public void A_provider_far_behind_holds_nobody_up()
    {
        var pump = Three(inSync: [1, 2]);
        for (var i = 1; i <= 200; i++) pump.Turn(1, r => r.Submit(Write(i, "x")));
        pump.Deliver();
        pump.Loses = d => d.To == Id(3);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Turn(1, r => r.Submit(Write(201, "y")));
        pump.Deliver();

        pump.AnswersTo(201).Count.ShouldBe(1);
        pump.On(1).Joining.ShouldBe([new JoiningProgress(Id(3), 0)]);
    }

    [Fact]
    public void The_request_is_repeated_with_every_heartbeat_until_the_version_changes()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Asked<ReplicaEffect.WantInSync>().Count.ShouldBe(3);

        pump.Lead(2, 1, 2, 3);
        pump.Deliver();
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Asked<ReplicaEffect.WantInSync>().Count.ShouldBe(3);
        pump.On(1).Joining.ShouldBeEmpty();
    }

    [Fact]
    public void A_joining_provider_that_stops_acknowledging_is_asked_to_be_left_out()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Effects.Clear();
        pump.Loses = d => d.From == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        for (var i = 0; i < 15; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Asked<ReplicaEffect.WantInSync>()
            .ShouldContain(w => w.Provider == Provider(3) && !w.IsIncluded && w.Reason!.Cause == LeaveCause.Silent);
    }

    [Fact]
    public void A_mark_ends_with_its_incarnation_where_the_view_decides()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Loses = d => d.To == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty();

        pump.Turn(1, r => r.Forget(member => member != Id(3), isDecidedByView: true));
        pump.AnswersTo(1).ShouldBe(["a"]);
    }

    [Fact]
    public void A_mark_of_a_service_outlives_the_view_until_the_version_ends()
    {
        var pump = Three(inSync: [1, 2]);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        pump.Effects.Clear();
        pump.Loses = d => d.To == Id(3);
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Turn(1, r => r.Forget(member => member != Id(3), isDecidedByView: false));
        pump.Deliver();
        pump.AnswersTo(1).ShouldBeEmpty("its request may stand decided in the RM's log");

        pump.Tick(Profile.Lan.Heartbeat);
        pump.Asked<ReplicaEffect.WantInSync>()
            .ShouldContain(w => w.Provider == Provider(3) && !w.IsIncluded && w.Reason!.Cause == LeaveCause.Silent);
        pump.Lead(2, 1, 2);
        pump.Deliver();
        pump.Turn(1, r => r.Submit(Write(1, "a")));
        pump.Deliver();
        pump.AnswersTo(1).ShouldContain("a");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(600_000)]
    public void A_provider_that_the_log_does_not_reach_gets_the_snapshot_and_then_the_stream(int length)
    {
        var state = Saved(new string('s', length));
        var pump = new ReplicaPump();
        pump.Add(1, new StoredReplica(new Snapshot(Version(1), 40, state), [Entry(1, 41, "\0tail")]));
        pump.Add(3);
        pump.Lead(2, 1);
        Quorum(pump);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        Quorum(pump);
        for (var i = 0; i < 3; i++) pump.Tick(Profile.Lan.Heartbeat);

        var parts = pump.Said<ReplicationMessage.SnapshotPart>(1);
        var size = Profile.Lan.Transfer.PartBytes;
        parts.Count.ShouldBe((state.Length + size - 1) / size);
        parts.Sum(p => p.Bytes.Length).ShouldBe(state.Length);
        pump.On(3).LastSequence.ShouldBe(41);
        pump.LettersOn(3).ShouldBe(new string('s', length) + "tail");
        pump.Asked<ReplicaEffect.WantInSync>().ShouldNotBeEmpty();
    }

    [Fact]
    public void A_transfer_goes_on_where_it_was_when_parts_are_lost()
    {
        var state = Saved(new string('s', 600_000));
        var pump = new ReplicaPump();
        pump.Add(1, new StoredReplica(new Snapshot(Version(1), 40, state), []));
        pump.Add(3);
        pump.Lead(2, 1);
        Quorum(pump);
        var random = new SeededRandom(5);
        pump.Loses = d => d.To != d.From && random.Chance(0.5);
        pump.Turn(1, r => r.BringUp(Providers(3)));
        pump.Deliver();
        for (var i = 0; i < 60; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.On(3).LastSequence.ShouldBe(40);
        pump.LettersOn(3).Length.ShouldBe(600_000);
    }

    private static ReadOnlyMemory<byte> Saved(string letters)
    {
        var state = new OnceOnlyState(new Letters());
        state.Inner.Load(Bytes(letters));
        return state.Save();
    }

    private static void Quorum(ReplicaPump pump)
    {
        pump.Deliver();
        foreach (var asked in pump.Asked<ReplicaEffect.AskQuorum>()) pump.Turn(1, r => r.OnQuorum(asked.Token));
        pump.Deliver();
    }
}
