using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>A change that the RM decided, as the registry remembers it.</summary>
/// <param name="Number">Counts the changes of the cluster.</param>
/// <param name="At">When, in the RM's time: how long RMs have been active since the cluster formed.</param>
/// <param name="Service">The service, or null if the change is of a node or of several services.</param>
/// <param name="Version">The configuration it led to, of the service or of the RM; 0 if none.</param>
/// <param name="Cause">Why: a view, a primary's request, an operator's command.</param>
/// <param name="What">What changed, in a sentence.</param>
public sealed record HistoryEntry(
    long Number, TimeSpan At, ServiceName? Service, ConfigurationVersion Version, string Cause, string What)
{
    /// <summary>The version that it left; 0 if there was none.</summary>
    public ConfigurationVersion From { get; init; }

    /// <summary>The service's line of descent since; 0 if none.</summary>
    public Lineage Lineage { get; init; }

    /// <summary>
    /// The number of the last checkpoint with which the primary began in this version; every in-sync provider had it.
    /// Null until the primary has told it.
    /// </summary>
    public long? Position { get; init; }

    /// <summary>How long each phase of it took, in order, by the clocks of RMs.</summary>
    public ImmutableArray<HistoryPhase> Phases { get; init; } = [];
}

/// <summary>How long a phase of a change took.</summary>
/// <param name="Name">One of the constants here.</param>
/// <param name="Took">How long.</param>
public readonly record struct HistoryPhase(string Name, TimeSpan Took)
{
    /// <summary>From the first accusation of the old primary, at the RM's node, to the view without it.</summary>
    public const string Agree = "agree";

    /// <summary>From that view to the decision: selecting the RM's primary, if it was lost too, and waiting.</summary>
    public const string Decide = "decide";

    /// <summary>The target of a switchover was brought up to secondary.</summary>
    public const string BringUp = "bringUp";

    /// <summary>Clients were held until nothing was in flight.</summary>
    public const string Freeze = "freeze";

    /// <summary>From the decision until the new primary said to the RM that it serves.</summary>
    public const string TakeOver = "takeOver";
}
