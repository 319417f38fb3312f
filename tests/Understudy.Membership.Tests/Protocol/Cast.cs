using System.Buffers.Binary;
using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

/// <summary>The nodes n1, n2 ... of the tests, and views of them.</summary>
internal static class Cast
{
    public static NodeId Node(int number) => new($"n{number}");

    public static MemberId Id(int number, ulong counter = 1) =>
        new(Node(number), new Incarnation(counter, (ulong)number));

    public static DiskId Disk(int number) => new((UInt128)(uint)number);

    public static Member Member(int number, ulong counter = 1, NodeKind kind = NodeKind.Voter) =>
        new(Id(number, counter), Disk(number), kind);

    /// <summary>A first view of so many voters, and so many further members that do not vote.</summary>
    public static View View(int voters, int others = 0) => new(
        new ClusterId(7),
        new Epoch(1),
        0,
        [.. Enumerable.Range(1, voters).Select(i => new Acceptor(Node(i), Disk(i)))],
        [
            .. Enumerable.Range(1, voters).Select(i => Member(i)),
            .. Enumerable.Range(voters + 1, others).Select(i => Member(i, kind: NodeKind.NonVoter)),
        ],
        [],
        Id(voters),
        VersionPolicy.Bytes(1));

    public static MembershipOptions Options(int voters, int others = 0) => new(
        Profile.Lan,
        [
            .. Enumerable.Range(1, voters).Select(i => new NodeOption(Node(i), NodeKind.Voter)),
            .. Enumerable.Range(voters + 1, others).Select(i => new NodeOption(Node(i), NodeKind.NonVoter)),
        ]);

    public static ImmutableArray<NodeId> Nodes(params int[] numbers) => [.. numbers.Select(Node)];
}

/// <summary>Wants the attachment's version raised, once.</summary>
internal sealed record Raise(long From) : AttachmentChange
{
    public override string ToString() => "with the version raised";
}

/// <summary>An attachment that is nothing but a version; the last voter among the members is the heir.</summary>
internal sealed class VersionPolicy : IAttachmentPolicy
{
    public NodeId? Favoured => null;

    public static ReadOnlyMemory<byte> Bytes(long version)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, version);
        return bytes;
    }

    public ReadOnlyMemory<byte> Merge(View? previous, IReadOnlyList<Member> members, AttachmentChange? change)
    {
        var version = previous is null ? 1 : VersionOf(previous.Attachment);
        return Bytes(change is Raise raise && raise.From == version ? version + 1 : version);
    }

    public bool IsWanted(View previous, AttachmentChange change) =>
        change is Raise raise && raise.From == VersionOf(previous.Attachment);

    public MemberId? ChooseHeir(ReadOnlyMemory<byte> attachment, IReadOnlyList<Member> members) =>
        members.LastOrDefault(m => m.Kind != NodeKind.NonVoter)?.Id;

    public long VersionOf(ReadOnlyMemory<byte> attachment) =>
        BinaryPrimitives.ReadInt64LittleEndian(attachment.Span);
}
