using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Tests.Protocol;

public class StatusReasonsTests
{
    private static readonly ServiceName _kv = new("kv");

    [Fact]
    public void A_service_of_the_wanted_shape_gives_no_line() => Reasons(inSync: 3, nodes: 4).ShouldBeEmpty();

    [Fact]
    public void A_secondary_that_joins_is_told_with_its_progress() =>
        Reasons(inSync: 2, nodes: 4, joining: 3).ShouldBe(
        [
            "kv has one secondary of two: n3 is joining, 62 %",
        ]);

    [Fact]
    public void A_secondary_that_left_because_it_was_behind_is_told_with_how_much() =>
        Reasons(inSync: 2, nodes: 4, joining: 3, left: 3).ShouldBe(
        [
            "n3 left kv's in-sync set: it was 5.2 s behind", "kv has one secondary of two: n3 is joining, 62 %",
        ]);

    [Fact]
    public void A_snapshot_on_its_way_is_told_with_bytes_rate_and_time_left() =>
        Reasons(inSync: 2, nodes: 4, joining: 3, sent: 620 << 20).ShouldBe(
        [
            "kv has one secondary of two: n3 is joining, 62 % (620 MB of 1000 MB, 200 MB/s, 2 s left)",
        ]);

    [Theory]
    [InlineData(
        LeaveCause.StateDiffered,
        "n3 left kv's in-sync set: its state was another than the primary's at checkpoint 812")]
    [InlineData(LeaveCause.RecordDamaged, "n3 left kv's in-sync set: its copy is damaged: words")]
    [InlineData(LeaveCause.FormatUnknown, "n3 cannot provide kv: words")]
    public void A_provider_that_is_no_good_is_told_with_the_reason(LeaveCause cause, string line) =>
        Reasons(inSync: 2, nodes: 4, joining: 3, left: 3, reason: new LeaveReason(cause, 812, "words"))[0]
            .ShouldBe(line);

    [Fact]
    public void A_service_whose_every_copy_is_damaged_says_so() =>
        Reasons(
            inSync: 1,
            nodes: 3,
            left: 1,
            reason: new LeaveReason(LeaveCause.RecordDamaged, 0, "words"),
            hasPrimary: false)
            .ShouldContain(
                "kv has no primary: every in-sync copy is void (n1: its copy is damaged: words). Recover kv");

    [Fact]
    public void Missing_nodes_are_told_for_secondaries_and_for_spares() =>
        Reasons(inSync: 1, nodes: 1).ShouldBe(
        [
            "kv has no secondary of two: no further node can host one",
            "kv has no spare of one: no further node stands by",
        ]);

    [Fact]
    public void A_missing_spare_is_told_though_every_secondary_is_there() =>
        Reasons(inSync: 3, nodes: 3).ShouldBe(["kv has no spare of one: no further node stands by"]);

    [Fact]
    public void A_spare_that_is_to_become_a_secondary_is_no_spare() =>
        Reasons(inSync: 2, nodes: 3, joining: 3).ShouldBe(
        [
            "kv has one secondary of two: n3 is joining, 62 %", "kv has no spare of one: no further node stands by",
        ]);

    [Fact]
    public void A_member_without_a_quorum_says_who_is_not_heard() =>
        Reasons(inSync: 3, nodes: 4, heard: 1).ShouldContain(
            "no quorum: 1 of 4 voters, 3 are needed; not heard: n2, n3, n4");

    [Fact]
    public void A_stopped_service_says_where_its_code_failed_and_what_it_said() =>
        Reasons(inSync: 3, nodes: 4, change: e => Failing(e) with { IsStopped = true }).ShouldBe(
        [
            "kv is stopped: its code failed on n1, n2 within ten minutes; last error: it threw; "
            + "its state is kept. Mend the cause and resume kv",
        ]);

    [Fact]
    public void A_stopped_worker_has_no_state_that_is_kept() =>
        Reasons(inSync: 3, nodes: 4, change: e => Failing(e) with
        {
            IsStopped = true,
            Definition = e.Definition with { IsExclusive = true },
        }).ShouldBe(
        [
            "kv is stopped: its code failed on n1, n2 within ten minutes; last error: it threw. "
            + "Mend the cause and resume kv",
        ]);

    [Fact]
    public void Failures_are_told_while_they_count() =>
        Reasons(inSync: 3, nodes: 4, change: Failing).ShouldBe(
        [
            "kv: its code failed two times on n1 within ten minutes, more than the one restart allowed: "
            + "others go before it; last error: it threw",
            "kv: its code failed three times on n2 within ten minutes, more than the one restart allowed: "
            + "others go before it; last error: it threw",
            "kv: its code failed one time on n3 within ten minutes, it was started anew in place; "
            + "last error: it threw",
        ]);

    [Fact]
    public void A_quarantined_node_is_told_and_is_no_spare() =>
        Reasons(inSync: 3, nodes: 4, entry: new NodeEntry(Id(4).Node, IsDrained: false)
        {
            IsQuarantined = true,
            Exits = [TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero],
        }).ShouldBe(
        [
            "n4 is quarantined: it left the view three times without saying so; it gets no primary and no provider "
            + "until an operator releases it",
            "kv has no spare of one: no further node stands by",
        ]);

    [Fact]
    public void A_service_with_fewer_in_sync_than_it_demands_says_that_it_takes_no_writes() =>
        Reasons(inSync: 1, nodes: 4, joining: 2, change: e => e with
        {
            Definition = e.Definition with { MinInSync = 2 },
        }).ShouldContain("kv takes no writes: one provider is in sync, and it demands two");

    [Fact]
    public void A_primary_that_holds_its_answers_for_want_of_a_commit_is_told() =>
        Reasons(
            inSync: 3,
            nodes: 4,
            change: e => e with { Definition = e.Definition with { CheckpointEvery = TimeSpan.FromSeconds(1) } },
            uncommitted: TimeSpan.FromSeconds(3)).ShouldContain(
            "kv answers nothing: its oldest update that is not committed is 3s old, and the bound is 1.2s");

    [Fact]
    public void A_node_without_code_for_a_service_is_told_as_what_is_in_the_way() =>
        Reasons(inSync: 2, nodes: 3, entry: new NodeEntry(Id(3).Node, IsDrained: false)
        {
            HasToldKinds = true,
            Kinds = ["votes"],
        }).ShouldContain(
            "kv has one secondary of two: no further node can host one (n3 has no code for the kind \"kv\")");

    private static ServiceEntry Failing(ServiceEntry entry) => entry with
    {
        Failures = [.. new[] { 2, 3, 1, 0 }.Select((count, i) =>
            new ProviderFailures(Id(i + 1), 5, count, TimeSpan.Zero))],
        LastError = "it threw",
    };

    private static ImmutableArray<string> Reasons(
        int inSync,
        int nodes,
        int? joining = null,
        int? heard = null,
        Func<ServiceEntry, ServiceEntry>? change = null,
        NodeEntry? entry = null,
        int? left = null,
        LeaveReason? reason = null,
        long sent = 0,
        bool hasPrimary = true,
        TimeSpan? uncommitted = null)
    {
        change ??= each => each;
        ImmutableArray<MemberId> ids = [.. Enumerable.Range(1, nodes).Select(Id)];
        ImmutableArray<Provider> providers = [.. ids.Take(inSync).Select(id => new Provider(id, Disk(id)))];
        var definition = new ServiceDefinition(_kv, "kv", Secondaries: 2, Spares: 1, Durable: true);
        var configuration = new Understudy.Replication.Configuration(
            _kv, new ConfigurationVersion(7), new Lineage(1), hasPrimary ? ids[0] : null, providers, new Epoch(5));
        var view = new View(
            new ClusterId(1),
            new Epoch(5),
            0,
            [.. ids.Select(id => new Acceptor(id.Node, Disk(id)))],
            [.. ids.Select(id => new Member(id, Disk(id), NodeKind.Voter))],
            [],
            null,
            default);
        var status = new NodeStatus(
            ids[0],
            view,
            IsMember: true,
            IsStopping: false,
            LeaseUntil: TimeSpan.FromSeconds(2),
            HeardVoters: heard ?? nodes,
            Selection: null,
            new ServiceMap(
                new ConfigurationVersion(1),
                1,
                [change(new(definition, configuration) { Left = Left(left, reason) })])
            {
                Nodes = entry is null ? [] : [entry],
            },
            [_kv],
            joining is { } number
                ? ImmutableSortedDictionary<ServiceName, ImmutableArray<JoiningProgress>>.Empty.Add(
                    _kv, [new JoiningProgress(Id(number), 62)
                    {
                        Transfer = sent == 0 ? null : new TransferProgress(sent, 1_000 << 20, 200 << 20),
                    }])
                : ImmutableSortedDictionary<ServiceName, ImmutableArray<JoiningProgress>>.Empty,
            [.. ids.Select((id, place) => new PeerStatus(
                id.Node, NodeKind.Voter, id, IsHeard: place < (heard ?? nodes), IsJoining: false, IsInView: true))])
        { Uncommitted = Ages(uncommitted) };
        var options = new NodeOptions(
            "web", Profile.Lan, [.. ids.Select(id => new NodeOption(id.Node, NodeKind.Voter))], [definition]);
        return StatusReasons.For(status, options, TimeSpan.FromSeconds(1));
    }

    private static ImmutableSortedDictionary<ServiceName, TimeSpan> Ages(TimeSpan? uncommitted) =>
        uncommitted is { } age
            ? ImmutableSortedDictionary<ServiceName, TimeSpan>.Empty.Add(_kv, age)
            : ImmutableSortedDictionary<ServiceName, TimeSpan>.Empty;

    private static ImmutableArray<Departure> Left(int? number, LeaveReason? reason) => number is null
        ? []
        : [new Departure(Id(number.Value).Node, Disk(Id(number.Value)),
            reason ?? new LeaveReason(LeaveCause.BehindTime, TimeSpan.FromSeconds(5.2).Ticks))];

    private static MemberId Id(int number) => new(new NodeId($"n{number}"), new Incarnation(1, (ulong)number));

    private static DiskId Disk(MemberId id) => new(id.Incarnation.Nonce);
}
