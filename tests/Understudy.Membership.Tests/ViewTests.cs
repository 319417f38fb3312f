using System.Collections.Immutable;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Membership.Tests;

public sealed class ViewTests
{
    private static readonly NodeId N1 = new("n1");

    private static readonly NodeId N2 = new("n2");

    private static readonly MemberId M1 = new(N1, new Incarnation(1, 100));

    private static readonly MemberId M2 = new(N2, new Incarnation(2, 200));

    private static readonly View Sample = new(
        new ClusterId(1),
        new Epoch(2),
        3,
        [new Acceptor(N1, new DiskId(11)), new Acceptor(N2, new DiskId(12))],
        [new Member(M1, new DiskId(11), NodeKind.Voter), new Member(M2, new DiskId(12), NodeKind.Voter)],
        [new Tombstone(N1, 5)],
        M1,
        KernelGen.Utf8("attached"));

    /// <summary>The sample with one thing changed, by the name of the change.</summary>
    private static readonly SortedDictionary<string, View> Changed = new(StringComparer.Ordinal)
    {
        ["cluster"] = Again(cluster: new ClusterId(2)),
        ["cluster, high half"] = Again(cluster: new ClusterId(new UInt128(1, 1))),
        ["epoch"] = Again(epoch: new Epoch(3)),
        ["previous hash"] = Again(previousHash: 4),
        ["acceptor's node"] = Again(acceptors: [new Acceptor(new NodeId("n9"), new DiskId(11)), Sample.Acceptors[1]]),
        ["acceptor's disk"] = Again(acceptors: [new Acceptor(N1, new DiskId(99)), Sample.Acceptors[1]]),
        ["acceptor gone"] = Again(acceptors: [Sample.Acceptors[1]]),
        ["acceptors' order"] = Again(acceptors: [Sample.Acceptors[1], Sample.Acceptors[0]]),
        ["member's node"] = WithFirst(new Member(M1 with { Node = new NodeId("n9") }, new DiskId(11), NodeKind.Voter)),
        ["member's counter"] = WithFirst(
            new Member(M1 with { Incarnation = new Incarnation(9, 100) }, new DiskId(11), NodeKind.Voter)),
        ["member's nonce"] = WithFirst(
            new Member(M1 with { Incarnation = new Incarnation(1, 900) }, new DiskId(11), NodeKind.Voter)),
        ["member's disk"] = WithFirst(new Member(M1, new DiskId(99), NodeKind.Voter)),
        ["member's kind"] = WithFirst(new Member(M1, new DiskId(11), NodeKind.Witness)),
        ["member gone"] = Again(members: [Sample.Members[1]]),
        ["tombstone's node"] = Again(tombstones: [new Tombstone(N2, 5)]),
        ["tombstone's floor"] = Again(tombstones: [new Tombstone(N1, 6)]),
        ["tombstone gone"] = Again(tombstones: []),
        ["another heir"] = Sample with { Heir = M2 },
        ["no heir"] = Sample with { Heir = null },
        ["attachment"] = Again(attachment: "attacheD"),
        ["attachment gone"] = Again(attachment: ""),
    };

    [Fact]
    public void The_hash_covers_everything_a_view_says()
    {
        foreach (var (change, view) in Changed)
        {
            view.Hash.ShouldNotBe(Sample.Hash, change);
            view.ShouldNotBe(Sample, change);
        }

        Changed.Values.Select(view => view.Hash).Distinct().Count().ShouldBe(Changed.Count);
    }

    [Fact]
    public void Views_that_say_the_same_are_equal()
    {
        var again = Again();

        again.Hash.ShouldBe(Sample.Hash);
        again.ShouldBe(Sample);
        again.GetHashCode().ShouldBe(Sample.GetHashCode());
    }

    [Fact]
    public void A_changed_copy_does_not_keep_the_hash_of_its_original()
    {
        Sample.Hash.ShouldNotBe(0UL);
        (Sample with { Epoch = new Epoch(8) }).Hash.ShouldBe(Again(epoch: new Epoch(8)).Hash);
    }

    // The hash is in the chain of views and on every disk: it may not differ between processes or releases.
    [Fact]
    public void The_hash_of_a_view_never_changes() => Sample.Hash.ShouldBe(15676293301804869670UL);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(6, 4)]
    [InlineData(7, 4)]
    [InlineData(8, 5)]
    [InlineData(9, 5)]
    public void Any_two_quorums_share_an_acceptor(int acceptors, int quorum)
    {
        var view = Again(acceptors: [.. Enumerable.Range(1, acceptors).Select(i => new Acceptor(
            new NodeId($"n{i}"), new DiskId((UInt128)i)))]);

        view.Quorum.ShouldBe(quorum);
        (2 * view.Quorum).ShouldBeGreaterThan(acceptors);
    }

    [Fact]
    public void A_member_is_found_by_its_node_and_contained_by_its_incarnation()
    {
        Sample.MemberOn(N2)!.Id.ShouldBe(M2);
        Sample.MemberOn(new NodeId("n9")).ShouldBeNull();
        Sample.Contains(M2).ShouldBeTrue();
        Sample.Contains(M2 with { Incarnation = new Incarnation(3, 200) }).ShouldBeFalse();
        Sample.Contains(M2 with { Incarnation = new Incarnation(2, 201) }).ShouldBeFalse();
        Sample.AcceptorOn(N1)!.Disk.ShouldBe(new DiskId(11));
        Sample.AcceptorOn(new NodeId("n9")).ShouldBeNull();
    }

    private static View WithFirst(Member member) => Again(members: [member, Sample.Members[1]]);

    private static View Again(
        ClusterId? cluster = null,
        Epoch? epoch = null,
        ulong? previousHash = null,
        ImmutableArray<Acceptor>? acceptors = null,
        ImmutableArray<Member>? members = null,
        ImmutableArray<Tombstone>? tombstones = null,
        string attachment = "attached") => new(
            cluster ?? Sample.Cluster,
            epoch ?? Sample.Epoch,
            previousHash ?? Sample.PreviousHash,
            acceptors ?? [.. Sample.Acceptors],
            members ?? [.. Sample.Members],
            tombstones ?? [.. Sample.Tombstones],
            Sample.Heir,
            KernelGen.Utf8(attachment));
}
