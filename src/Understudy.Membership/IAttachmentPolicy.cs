using Understudy.Kernel;

namespace Understudy.Membership;

/// <summary>
/// A change of the attachment that the layer above wants agreed together with the next view. Its text says to an
/// operator what the view is then proposed with.
/// </summary>
public abstract record AttachmentChange;

/// <summary>
/// How the layer above merges its attachment into views. Pure. Membership agrees on the bytes and never reads them.
/// </summary>
public interface IAttachmentPolicy
{
    /// <summary>The attachment of a view with these members.</summary>
    /// <param name="previous">The view before, or null at formation.</param>
    /// <param name="members">The members of the new view.</param>
    /// <param name="change">What the proposer wants besides, or null.</param>
    /// <returns>The bytes, and whether the wanted change is (still) possible and contained in them.</returns>
    ReadOnlyMemory<byte> Merge(View? previous, IReadOnlyList<Member> members, AttachmentChange? change);

    /// <summary>Whether the change still makes sense on top of this view.</summary>
    bool IsWanted(View previous, AttachmentChange change);

    /// <summary>The member that shall own ballot 0 of the next instance.</summary>
    MemberId? ChooseHeir(ReadOnlyMemory<byte> attachment, IReadOnlyList<Member> members);

    /// <summary>The version of an attachment, for currency checks.</summary>
    long VersionOf(ReadOnlyMemory<byte> attachment);

    /// <summary>The node that a tie shall spare: the one that hosts the RM's primary, if known.</summary>
    NodeId? Favoured { get; }
}
