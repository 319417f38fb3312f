using System.Collections.Immutable;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Membership;

/// <summary>
/// A voter: its vote counts in deciding the next view. Bound to the disk that remembers its promises.
/// </summary>
public sealed record Acceptor(NodeId Node, DiskId Disk);

/// <summary>A node admitted to a view.</summary>
public sealed record Member(MemberId Id, DiskId Disk, NodeKind Kind);

/// <summary>NoReturn: no incarnation of the node with a counter up to and with the floor is admitted again.</summary>
public sealed record Tombstone(NodeId Node, ulong CounterFloor);

/// <summary>
/// An agreed, numbered list of member incarnations. Views form a chain: each names its predecessor and the voters
/// that decide its successor (agreement.md 2.1). All lists are in order of node.
/// </summary>
/// <param name="Cluster">The cluster; drawn at formation.</param>
/// <param name="Epoch">The view's number; the first is 1.</param>
/// <param name="PreviousHash">The hash of the view before it; 0 for the first.</param>
/// <param name="Acceptors">The voters of the next view, alive or not.</param>
/// <param name="Members">The nodes that are in.</param>
/// <param name="Tombstones">The incarnations that may not return.</param>
/// <param name="Heir">The member that owns ballot 0 of the next instance, so that it needs one round trip.</param>
/// <param name="Attachment">What the layer above agrees on together with the members; opaque here.</param>
public sealed record View(
    ClusterId Cluster,
    Epoch Epoch,
    ulong PreviousHash,
    ImmutableArray<Acceptor> Acceptors,
    ImmutableArray<Member> Members,
    ImmutableArray<Tombstone> Tombstones,
    MemberId? Heir,
    ReadOnlyMemory<byte> Attachment)
{
    private CachedHash? _hash;

    /// <summary>How many acceptors must agree.</summary>
    public int Quorum => Acceptors.Length / 2 + 1;

    /// <summary>A hash of everything the view says.</summary>
    /// <remarks>A changed copy (<c>with</c>) starts with its original's cache: it counts only for its owner.</remarks>
    public ulong Hash => (ReferenceEquals(_hash?.Of, this) ? _hash : _hash = new CachedHash(this, ComputeHash())).Value;

    public Member? MemberOn(NodeId node)
    {
        foreach (var member in Members)
        {
            if (member.Id.Node == node) return member;
        }

        return null;
    }

    public bool Contains(MemberId id) => MemberOn(id.Node)?.Id == id;

    public Acceptor? AcceptorOn(NodeId node)
    {
        foreach (var acceptor in Acceptors)
        {
            if (acceptor.Node == node) return acceptor;
        }

        return null;
    }

    /// <summary>Two views are the same if they say the same.</summary>
    public bool Equals(View? other) => other is not null && other.Epoch == Epoch && other.Hash == Hash;

    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>The highest counter of the node that may not return; 0 if none was evicted.</summary>
    public ulong FloorOf(NodeId node)
    {
        foreach (var tombstone in Tombstones)
        {
            if (tombstone.Node == node) return tombstone.CounterFloor;
        }

        return 0;
    }

    public override string ToString() => $"view {Epoch} {{{string.Join(' ', Members.Select(m => m.Id))}}}";

    private ulong ComputeHash()
    {
        var hash = new StableHash();
        hash.Add(Cluster.Value);
        hash.Add((ulong)Epoch.Value);
        hash.Add(PreviousHash);
        hash.Add((ulong)Acceptors.Length);
        foreach (var acceptor in Acceptors)
        {
            hash.Add(acceptor.Node.Value);
            hash.Add(acceptor.Disk.Value);
        }

        hash.Add((ulong)Members.Length);
        foreach (var member in Members)
        {
            hash.Add(member.Id);
            hash.Add(member.Disk.Value);
            hash.Add((ulong)member.Kind);
        }

        hash.Add((ulong)Tombstones.Length);
        foreach (var tombstone in Tombstones)
        {
            hash.Add(tombstone.Node.Value);
            hash.Add(tombstone.CounterFloor);
        }

        hash.Add(Heir is null ? 0UL : 1UL);
        if (Heir is { } heir) hash.Add(heir);
        hash.Add(Attachment.Span);
        return hash.Value;
    }

    private sealed record CachedHash(View Of, ulong Value);

    /// <summary>FNV-1a, the same in every process.</summary>
    private struct StableHash()
    {
        public ulong Value { get; private set; } = 14695981039346656037;

        public void Add(MemberId id)
        {
            Add(id.Node.Value);
            Add(id.Incarnation.Counter);
            Add(id.Incarnation.Nonce);
        }

        public void Add(UInt128 value)
        {
            Add((ulong)value);
            Add((ulong)(value >> 64));
        }

        public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

        public void Add(ulong value)
        {
            for (var i = 0; i < 8; i++) Mix((byte)(value >> (8 * i)));
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            Add((ulong)bytes.Length);
            foreach (var b in bytes) Mix(b);
        }

        private void Mix(byte b) => Value = (Value ^ b) * 1099511628211;
    }
}
