using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Selection.Protocol;

/// <summary>What can happen to the replica manager manager.</summary>
public abstract record SelectionInput
{
    private SelectionInput()
    {
    }

    /// <summary>Step 401: a view with this node in it is installed.</summary>
    /// <param name="View">The view.</param>
    /// <param name="IsConfirmed">This node counted a quorum of Accepted for it, which confirms its version.</param>
    public sealed record ViewInstalled(View View, bool IsConfirmed) : SelectionInput;

    public sealed record Received(MemberId From, SelectionMessage Message) : SelectionInput;

    /// <summary>A quorum of voters confirms the version.</summary>
    /// <param name="Version">The version that was asked about.</param>
    /// <param name="AskedAt">When the question was asked that they answered.</param>
    public sealed record CurrencyConfirmed(ConfigurationVersion Version, TimeSpan AskedAt) : SelectionInput;

    public sealed record Tick : SelectionInput
    {
        public static readonly Tick Instance = new();
    }
}

/// <summary>What the replica manager manager asks for, in order.</summary>
public abstract record SelectionEffect
{
    private SelectionEffect()
    {
    }

    public sealed record Send(MemberId To, SelectionMessage Message) : SelectionEffect;

    /// <summary>Ask a quorum of voters whether the version is still the latest.</summary>
    public sealed record AskCurrency(ConfigurationVersion Version) : SelectionEffect;

    /// <summary>Ask the CMM for a view with this change.</summary>
    public sealed record WantChange(AttachmentChange Change) : SelectionEffect;

    /// <summary>Step 404: the RM decides nothing until there is a primary of this version.</summary>
    public sealed record Freeze(ConfigurationVersion Version) : SelectionEffect;

    /// <summary>Steps 408-412: this node's RM is the primary of this version.</summary>
    /// <param name="Configuration">Its configuration.</param>
    /// <param name="Epoch">The view in which it won.</param>
    /// <param name="ConfirmedSince">When what confirmed the version was asked, or null if nothing did.</param>
    public sealed record Activate(RmConfiguration Configuration, Epoch Epoch, TimeSpan? ConfirmedSince)
        : SelectionEffect;

    /// <summary>This node's RM is primary no longer.</summary>
    public sealed record Depose(ConfigurationVersion Version) : SelectionEffect;

    /// <summary>A step of FIG 4, 6 or 7 was taken; for transcripts.</summary>
    public sealed record NoteStep(int Step, string What) : SelectionEffect;
}
