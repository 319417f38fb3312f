using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Selection.Protocol;

/// <summary>What the RM's primary wants changed in its own configuration, on top of a version.</summary>
/// <param name="Base">The version that the wish was made in; void in any other.</param>
/// <param name="Copy">The registry copy to take into the in-sync set.</param>
/// <param name="Member">The incarnation that was caught up and marked joining; void when it has gone.</param>
public sealed record InSyncAddition(ConfigurationVersion Base, RegistryCopy Copy, MemberId Member) : AttachmentChange
{
    public override string ToString() => $"with {Member.Node} in the RM's in-sync set";
}

/// <summary>
/// How the RM's configuration goes from one view to the next (DESIGN 5, repair 6; agreement.md 2.5): copies whose
/// disk left drop out, but never the last; the version grows when the set, the incarnation of an in-sync disk or the
/// lineage changes or another copy is preferred, and only then.
/// </summary>
public sealed class RmAttachmentPolicy(Mutation mutations = Mutation.None) : IAttachmentPolicy
{
    /// <summary>The node that hosts the RM's primary, as far as this node knows.</summary>
    public NodeId? Favoured { get; set; }

    public ReadOnlyMemory<byte> Merge(View? previous, IReadOnlyList<Member> members, AttachmentChange? change)
    {
        if (previous is null)
        {
            return SelectionCodec.EncodeConfiguration(
                new RmConfiguration(new ConfigurationVersion(1), new Lineage(1), []));
        }

        var before = SelectionCodec.DecodeConfiguration(previous.Attachment.Span);
        var inSync = before.InSync.Where(copy => Holder(copy, members) is not null).ToImmutableArray();
        if (inSync.IsEmpty) inSync = before.InSync; // Total loss: wait for one of these disks (DESIGN 4).
        if (change is InSyncAddition addition && IsPossible(before, addition, members))
        {
            inSync = [.. inSync.Add(addition.Copy).Order()];
        }

        var mustGrow = MustGrow(before, previous, inSync, members);
        var preferred = StillPreferred(before, previous, inSync, members);
        if (change is RmPreference preference && IsPossible(before, preference, members))
        {
            preferred = preference.Copy;
            mustGrow = true;
        }

        var version = mustGrow ? before.Version.Next : before.Version;
        return SelectionCodec.EncodeConfiguration(
            new RmConfiguration(version, before.Lineage, inSync) { Preferred = preferred });
    }

    public bool IsWanted(View previous, AttachmentChange change)
    {
        var before = SelectionCodec.DecodeConfiguration(previous.Attachment.Span);
        return change switch
        {
            InSyncAddition addition => IsPossible(before, addition, previous.Members),
            RmPreference preference => IsPossible(before, preference, previous.Members),
            _ => false,
        };
    }

    public MemberId? ChooseHeir(ReadOnlyMemory<byte> attachment, IReadOnlyList<Member> members)
    {
        var configuration = SelectionCodec.DecodeConfiguration(attachment.Span);
        var inSync = members.Where(m => configuration.IsInSync(m.Id.Node, m.Disk)).ToList();
        var leading = Leading(configuration, members, Favoured)?.Id;
        var heir = inSync.LastOrDefault(m => m.Id != leading)?.Id ?? leading;
        return heir ?? members.FirstOrDefault(m => m.Kind != NodeKind.NonVoter)?.Id;
    }

    public long VersionOf(ReadOnlyMemory<byte> attachment) =>
        SelectionCodec.DecodeConfiguration(attachment.Span).Version.Value;

    /// <summary>
    /// The member that will most likely win: the preferred one, else the RM's primary if it survives in sync, else the
    /// greatest.
    /// </summary>
    public static Member? Leading(RmConfiguration configuration, IReadOnlyList<Member> members, NodeId? primary)
    {
        var inSync = members.Where(m => configuration.IsInSync(m.Id.Node, m.Disk)).ToList();
        if (configuration.InSync.IsEmpty) inSync = [.. members.Where(m => m.Kind == NodeKind.Voter)];
        var preferred = configuration.Preferred is { } copy ? inSync.Find(m => m.Id.Node == copy.Node) : null;
        return preferred ?? inSync.Find(m => m.Id.Node == primary) ?? inSync.LastOrDefault();
    }

    /// <summary>
    /// The members that take part in the selection: the in-sync ones, and other voters up to
    /// <see cref="RmConfiguration.MaxReplicas"/> in order of node. A witness hosts nothing.
    /// </summary>
    public static ImmutableArray<Member> Eligible(RmConfiguration configuration, IReadOnlyList<Member> members)
    {
        var hosts = members.Where(m => m.Kind == NodeKind.Voter).ToList();
        var inSync = hosts.Where(m => configuration.IsInSync(m.Id.Node, m.Disk)).ToList();
        var others = hosts.Except(inSync).Take(Math.Max(0, RmConfiguration.MaxReplicas - inSync.Count));
        return [.. inSync.Concat(others).OrderBy(m => m.Id)];
    }

    private static Member? Holder(RegistryCopy copy, IReadOnlyList<Member> members)
    {
        foreach (var member in members)
        {
            if (member.Id.Node == copy.Node && member.Disk == copy.Disk) return member;
        }

        return null;
    }

    private bool IsPossible(RmConfiguration before, InSyncAddition addition, IReadOnlyList<Member> members)
    {
        if (before.Version != addition.Base || before.InSync.Contains(addition.Copy)) return false;
        if (Holder(addition.Copy, members) is not { Kind: NodeKind.Voter } holder) return false;
        // A joining mark names an incarnation; with it the request is void (repair R3).
        return holder.Id == addition.Member || (mutations & Mutation.JoiningMarkOutlivesIncarnation) != 0;
    }

    private static bool IsPossible(RmConfiguration before, RmPreference preference, IReadOnlyList<Member> members) =>
        before.Version == preference.Base && before.Preferred != preference.Copy
        && before.InSync.Contains(preference.Copy)
        && Holder(preference.Copy, members)?.Id == preference.Member;

    /// <summary>
    /// What is preferred is primary, and stays so while its incarnation lives. One that comes back is not: by then
    /// another node is primary, which survives (StayPut).
    /// </summary>
    private RegistryCopy? StillPreferred(
        RmConfiguration before, View previous, ImmutableArray<RegistryCopy> inSync, IReadOnlyList<Member> members)
    {
        if (before.Preferred is not { } copy) return null;
        if ((mutations & Mutation.PreferenceOutlivesIncarnation) != 0) return copy;
        var isHeld = inSync.Contains(copy) && Holder(copy, previous.Members)?.Id == Holder(copy, members)?.Id;
        return isHeld ? copy : null;
    }

    private bool MustGrow(
        RmConfiguration before, View previous, ImmutableArray<RegistryCopy> inSync, IReadOnlyList<Member> members)
    {
        if (!inSync.SequenceEqual(before.InSync)) return true;
        if (inSync.IsEmpty)
        {
            // Before the first start whoever is there competes: a change of them is a new round.
            return !Eligible(before, previous.Members).Select(m => m.Id)
                .SequenceEqual(Eligible(before, members).Select(m => m.Id));
        }

        if ((mutations & Mutation.VersionIgnoresIncarnation) != 0) return false;
        return inSync.Any(copy => Holder(copy, previous.Members)?.Id != Holder(copy, members)?.Id);
    }
}
