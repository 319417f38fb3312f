using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>A change that the RM decided, as the registry remembers it.</summary>
/// <param name="Number">Counts the changes of the cluster.</param>
/// <param name="At">When, in the RM's time: how long RMs have been active since the cluster formed.</param>
/// <param name="Service">The service, or null if the change is of a node or of several services.</param>
/// <param name="Version">The configuration it led to; 0 if none.</param>
/// <param name="Cause">Why: a view, a primary's request, an operator's command.</param>
/// <param name="What">What changed, in a sentence.</param>
public sealed record HistoryEntry(
    long Number, TimeSpan At, ServiceName? Service, ConfigurationVersion Version, string Cause, string What);
