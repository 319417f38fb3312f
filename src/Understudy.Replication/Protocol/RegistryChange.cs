using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>What one decision changes in the registry: one checkpoint.</summary>
/// <param name="Services">Entries that are new or differ.</param>
/// <param name="Removed">Services that end.</param>
/// <param name="Nodes">Nodes of which something else is said.</param>
/// <param name="IsHeld">Whether the cluster's automation is held from now on; null if that stays.</param>
/// <param name="History">The changes, in words; one of a number that is known is said anew.</param>
/// <param name="Elapsed">The RM's time of the decision.</param>
public sealed record RegistryChange(
    IReadOnlyCollection<ServiceEntry> Services,
    IReadOnlyCollection<ServiceName> Removed,
    IReadOnlyCollection<NodeEntry> Nodes,
    bool? IsHeld,
    IReadOnlyCollection<HistoryEntry> History,
    TimeSpan Elapsed)
{
    /// <summary>What is said of the RM itself from now on; null if that stays.</summary>
    public RmEntry? Rm { get; init; }

    /// <summary>Whether it changes nothing.</summary>
    public bool IsEmpty =>
        Services.Count == 0 && Removed.Count == 0 && Nodes.Count == 0 && IsHeld is null && Rm is null;
}
