namespace Understudy.Membership;

/// <summary>What a node knows of the time after which a member's lease can no longer run.</summary>
public enum FenceState
{
    /// <summary>The node did not see the member leave a view: it cannot tell.</summary>
    Unknown,

    /// <summary>The member may still hold a lease.</summary>
    Running,

    /// <summary>The member's lease has ended, and it gets none again.</summary>
    Passed,
}
