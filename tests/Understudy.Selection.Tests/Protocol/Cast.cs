using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests.Protocol;

/// <summary>
/// The nodes n1, n2 ... of the tests, and chains of views of them with the RM's configuration attached.
/// </summary>
internal static class Cast
{
    public static MemberId Id(int number, ulong counter = 1) =>
        new(new NodeId($"n{number}"), new Incarnation(counter, (ulong)number));

    public static RegistryCopy Copy(int number) => new(new NodeId($"n{number}"), new DiskId((UInt128)(uint)number));

    public static Member Member(int number, ulong counter = 1, NodeKind kind = NodeKind.Voter) =>
        new(Id(number, counter), Copy(number).Disk, kind);

    /// <summary>The first view ever of so many voters: nobody is in sync yet.</summary>
    public static View First(int voters)
    {
        ImmutableArray<Member> members = [.. Enumerable.Range(1, voters).Select(i => Member(i))];
        return Make(new Epoch(1), members, new RmAttachmentPolicy().Merge(null, members, null));
    }

    /// <summary>A later view of so many voters in which these are in sync.</summary>
    public static View Started(int voters, params int[] inSync) => WithConfiguration(
        [.. Enumerable.Range(1, voters).Select(i => Member(i))],
        new RmConfiguration(new ConfigurationVersion(4), new Lineage(1), [.. inSync.Select(Copy)]));

    public static View WithConfiguration(ImmutableArray<Member> members, RmConfiguration configuration) =>
        Make(new Epoch(9), members, SelectionCodec.EncodeConfiguration(configuration));

    /// <summary>
    /// The view after: without these, with those, with the RM's configuration as the policy makes it.
    /// </summary>
    public static View Next(View view, int[] without, Member[]? with = null, AttachmentChange? change = null)
    {
        ImmutableArray<Member> members =
        [
            .. view.Members.Where(m => !without.Any(w => m.Id.Node == Id(w).Node))
                .Concat(with ?? [])
                .OrderBy(m => m.Id),
        ];
        return Make(view.Epoch.Next, members, new RmAttachmentPolicy().Merge(view, members, change));
    }

    public static RmConfiguration Configuration(View view) =>
        SelectionCodec.DecodeConfiguration(view.Attachment.Span);

    public static InSyncAddition Addition(View view, int number, ulong counter = 1) =>
        new(Configuration(view).Version, Copy(number), Id(number, counter));

    /// <summary>A switchover of the RM to a node's copy.</summary>
    public static RmPreference Preference(View view, int number, ulong counter = 1) =>
        new(Configuration(view).Version, Copy(number), Id(number, counter));

    private static View Make(Epoch epoch, ImmutableArray<Member> members, ReadOnlyMemory<byte> attachment) => new(
        new ClusterId(7),
        epoch,
        (ulong)epoch.Value,
        [.. members.Where(m => m.Kind != NodeKind.NonVoter).Select(m => new Acceptor(m.Id.Node, m.Disk))],
        members,
        [],
        null,
        attachment);
}

/// <summary>The registry's log of one node: where it ends, and what it is sealed at.</summary>
internal sealed class CastLog : ISealableLog
{
    public ConfigurationVersion SealedAt { get; private set; }

    public LogPosition Position { get; set; } = new(new ConfigurationVersion(4), 10);

    public LogPosition Seal(ConfigurationVersion version)
    {
        SealedAt = version;
        return Position;
    }
}
