using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Selection;

/// <summary>A switchover of the RM: the next version is this in-sync copy's to win.</summary>
/// <param name="Base">The version that the wish was made in; void in any other.</param>
/// <param name="Copy">The registry copy whose node shall host the RM's primary.</param>
/// <param name="Member">The incarnation that holds it; void when it has gone.</param>
public sealed record RmPreference(ConfigurationVersion Base, RegistryCopy Copy, MemberId Member) : AttachmentChange
{
    public override string ToString() => $"with the RM's primary on {Member.Node}";
}
