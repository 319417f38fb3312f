using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>Snapshots on their way: in turn, within the bound, and not begun again (agreement.md 4.4).</summary>
public sealed class ReplicaTransferTests
{
    private const int Part = 1_000;

    private static readonly Profile _slow =
        Profile.Lan with { Transfer = new TransferBounds(20_000, Part, BytesPerSecond: 100_000) };

    private readonly List<ReplicaEffect> _effects = [];
    private readonly Replica _primary;
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public ReplicaTransferTests()
    {
        var stored = new StoredReplica(new Snapshot(Version(1), 40, new byte[50 * Part]), []);
        _primary = new Replica(Service, Id(1), isDurable: false, stored, _slow, Mutation.None);
        Lead(2);
    }

    [Fact]
    public void It_is_no_faster_than_the_bound_though_every_part_is_answered_at_once()
    {
        Want(2);
        var arrived = 0;
        for (var tick = 0; tick < 40; tick++)
        {
            while (Parts() > arrived) Receive(2, ++arrived * Part);
            _now += _slow.Tick;
            Turn(r => r.Tick());
        }

        arrived.ShouldBe(50);
        _effects.Clear();
        Lead(3);
        Want(2);
        arrived = 0;
        for (var tick = 0; tick < 8; tick++)
        {
            while (Parts() > arrived) Receive(2, ++arrived * Part);
            _now += _slow.Tick;
            Turn(r => r.Tick());
        }

        arrived.ShouldBeInRange(18, 24, "0.2 s at 100 KB/s");
    }

    [Fact]
    public void It_says_bytes_rate_and_time_left_of_what_came_since_it_went_on()
    {
        Want(2);
        Receive(2, 10 * Part); // It had these from before.
        _now += TimeSpan.FromSeconds(0.1);
        Receive(2, 20 * Part);

        var progress = _primary.Joining.Single();
        progress.Percent.ShouldBe(36);
        progress.Transfer.ShouldBe(new TransferProgress(20_000, 50_000, 100_000));
        progress.Transfer!.Left.ShouldBe(TimeSpan.FromSeconds(0.3));
    }

    [Fact]
    public void A_new_version_goes_on_where_the_receiver_is()
    {
        var receiver = new Replica(Service, Id(2), isDurable: false, null, _slow, Mutation.None);
        List<ReplicaEffect> said = [];
        receiver.Begin(_now, said);
        Want(2);
        receiver.OnSnapshotPart(Id(1), LastPart(), adoptsNewer: true);
        Receive(2, Part);
        receiver.OnSnapshotPart(Id(1), AllParts()[1], adoptsNewer: true);
        Lead(3);
        Want(2);
        LastPart().Offset.ShouldBe(0);
        said.Clear();
        receiver.OnSnapshotPart(Id(1), LastPart(), adoptsNewer: true);
        var answer = said.OfType<ReplicaEffect.Send>().Single().Message
            .ShouldBeOfType<ReplicationMessage.SnapshotReceived>();
        answer.NextOffset.ShouldBe(2 * Part);
        _now += _slow.Tick;
        Turn(r => r.OnSnapshotReceived(Id(2), answer));
        AllParts().First(part => part.Version == Version(3) && part.Offset > 0).Offset.ShouldBe(2 * Part);
    }

    [Fact]
    public void The_first_part_goes_alone_and_then_so_many_are_under_way_as_may_be()
    {
        Want(2);
        Parts().ShouldBe(1, "its answer says where to go on");
        for (var tick = 0; tick < 20; tick++)
        {
            Receive(2, Part);
            _now += _slow.Tick;
        }

        Parts().ShouldBe(1 + ReplicaLimits.PartsUnderWay);
        AllParts().Select(part => part.Offset).ShouldBe(Enumerable.Range(0, Parts()).Select(n => (long)n * Part));
    }

    [Fact]
    public void What_was_under_way_and_is_not_answered_is_sent_again()
    {
        Want(2);
        Receive(2, Part);
        var sent = Parts();
        sent.ShouldBeGreaterThan(1);
        _now += _slow.Heartbeat;
        Turn(r => r.Tick());
        AllParts().Count(part => part.Offset == Part).ShouldBe(2, "all that was sent after it may be lost with it");
    }

    [Fact]
    public void No_newer_snapshot_takes_the_place_of_the_one_that_a_newcomer_is_sent()
    {
        Want(2);
        Receive(2, Part);
        Turn(r => r.OnAppended(Id(1), new ReplicationMessage.Appended(Service, r.Version, true, 40, 0)));
        Offer(_slow.Transfer.SnapshotAfterEntries + 1);
        Asked().ShouldBe(0, "the log after the snapshot is needed");

        Receive(2, 50 * Part);
        Turn(r => r.BringUp([])); // It is left alone: nobody needs the log any more.
        Offer(1);
        Asked().ShouldBe(1);
    }

    [Fact]
    public void A_large_state_is_saved_after_more_entries_than_a_small_one()
    {
        var size = _slow.Transfer.SnapshotAfterEntries * 2 * ReplicaLimits.SnapshotBytesPerEntry;
        var stored = new StoredReplica(new Snapshot(Version(1), 40, new byte[size]), []);
        var primary = new Replica(Service, Id(1), isDurable: false, stored, _slow, Mutation.None);
        primary.Begin(_now, _effects);
        primary.Lead(Version(2), Providers(1));
        primary.OnQuorum(1);
        for (var number = 1; number < _slow.Transfer.SnapshotAfterEntries * 2; number++) primary.Append(Bytes("x"));
        primary.Tick();
        Asked().ShouldBe(0);
        primary.Append(Bytes("x"));
        primary.Tick();
        Asked().ShouldBe(1);
    }

    [Fact]
    public void Another_primary_s_snapshot_begins_again_as_its_bytes_may_be_others()
    {
        var receiver = new Replica(Service, Id(3), isDurable: false, null, _slow, Mutation.None);
        List<ReplicaEffect> said = [];
        receiver.Begin(_now, said);
        var part = new ReplicationMessage.SnapshotPart(Service, Version(2), Version(1), 40, 0, 4, Bytes("ab"));
        receiver.OnSnapshotPart(Id(1), part, adoptsNewer: true);
        receiver.OnSnapshotPart(Id(2), part with { Version = Version(3), Bytes = Bytes("x") }, adoptsNewer: true);
        said.OfType<ReplicaEffect.Send>().Select(s => ((ReplicationMessage.SnapshotReceived)s.Message).NextOffset)
            .ShouldBe([2L, 1L]);
    }

    [Fact]
    public void Of_two_providers_the_second_waits_for_the_first()
    {
        Want(2, 3);
        _effects.OfType<ReplicaEffect.Send>().Where(s => s.Message is ReplicationMessage.SnapshotPart)
            .Select(s => s.To).Distinct().ShouldBe([Id(2)]);
        _primary.IsTransferWanted.ShouldBeTrue();
        Receive(2, 50 * Part);
        Turn(r => r.BeginTransfer());
        _effects.OfType<ReplicaEffect.Send>().Last(s => s.Message is ReplicationMessage.SnapshotPart)
            .To.ShouldBe(Id(3));
    }

    [Fact]
    public void Before_its_turn_a_service_sends_nothing()
    {
        _primary.MayTransfer = false;
        Want(2);
        Parts().ShouldBe(0);
        (_primary.IsTransferWanted, _primary.IsTransferring).ShouldBe((true, false));
        Turn(r => r.BeginTransfer());
        Parts().ShouldBe(1);
        (_primary.IsTransferWanted, _primary.IsTransferring).ShouldBe((false, true));
    }

    // The log reached back to 30 when it was asked about that, and no more when the answer came.
    [Fact]
    public void A_provider_whose_answer_comes_after_the_log_was_compacted_past_it_gets_the_snapshot()
    {
        Turn(r => r.BringUp(Providers(2)));
        Turn(r => r.Append(Bytes("x")));
        Turn(r => r.OnAppended(Id(2), new ReplicationMessage.Appended(Service, r.Version, IsMatched: true, 30, 0)));
        Turn(r => r.EndBatch());
        Parts().ShouldBe(1);
    }

    [Fact]
    public void A_provider_that_is_left_behind_the_log_gets_the_snapshot_though_what_was_sent_to_it_is_lost()
    {
        Turn(r => r.BringUp(Providers(2)));
        Turn(r => r.Append(Bytes("x")));
        Turn(r => r.OnAppended(Id(2), new ReplicationMessage.Appended(Service, r.Version, IsMatched: true, 30, 0)));
        _now += _slow.Heartbeat;
        Turn(r => r.Tick());
        Parts().ShouldBe(1);
    }

    private void Lead(long version) => Turn(r => r.Lead(Version(version), Providers(1)));

    /// <summary>These are brought up, and have nothing.</summary>
    private void Want(params int[] nodes)
    {
        Turn(r => r.BringUp(Providers(nodes)));
        foreach (var node in nodes)
        {
            Turn(r => r.OnAppended(
                Id(node), new ReplicationMessage.Appended(Service, r.Version, IsMatched: false, 0, 0)));
        }
    }

    private void Receive(int node, long next) => Turn(r => r.OnSnapshotReceived(
        Id(node), new ReplicationMessage.SnapshotReceived(Service, r.Version, 40, next)));

    /// <summary>The service's code offers so many changes, and all are committed.</summary>
    private void Offer(int count)
    {
        for (var number = 0; number < count; number++) Turn(r => r.Append(Bytes("x")));
        Turn(r => r.Tick());
    }

    private int Asked() => _effects.OfType<ReplicaEffect.Instruct>()
        .Count(told => told.Instruction is ServiceInstruction.SaveSnapshot);

    private List<ReplicationMessage.SnapshotPart> AllParts() =>
        [.. _effects.OfType<ReplicaEffect.Send>().Select(s => s.Message).OfType<ReplicationMessage.SnapshotPart>()];

    private int Parts() =>
        _effects.OfType<ReplicaEffect.Send>().Count(s => s.Message is ReplicationMessage.SnapshotPart);

    private ReplicationMessage.SnapshotPart LastPart() =>
        _effects.OfType<ReplicaEffect.Send>().Select(s => s.Message).OfType<ReplicationMessage.SnapshotPart>().Last();

    private void Turn(Action<Replica> act)
    {
        _primary.Begin(_now, _effects);
        act(_primary);
    }
}
