using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>What came of an audit.</summary>
/// <param name="Number">Which audit.</param>
/// <param name="Version">The configuration of the primary that made it.</param>
/// <param name="Sequence">The checkpoint at which the states were compared; 0 if they cannot be.</param>
/// <param name="Providers">How many were compared, the primary among them.</param>
/// <param name="Differing">The secondaries whose state was another than the primary's.</param>
/// <param name="IsPrimaryOdd">Whether more than half of all agree on another state than the primary's.</param>
public sealed record AuditResult(
    long Number,
    ConfigurationVersion Version,
    long Sequence,
    int Providers,
    ImmutableArray<MemberId> Differing,
    bool IsPrimaryOdd)
{
    public override string ToString()
    {
        if (Sequence == 0) return "the audit ended: the service says that its snapshots cannot be compared";
        if (Differing.IsEmpty) return $"audit at checkpoint {Sequence}: the states of {Providers} providers are equal";
        var nodes = string.Join(", ", Differing.Select(member => member.Node));
        var found = $"audit at checkpoint {Sequence}: the state of {nodes} is another than the primary's";
        if (IsPrimaryOdd) return $"{found}, and most agree against the primary: one of them takes over";
        return (Providers - Differing.Length) * 2 > Providers
            ? $"{found}, with which most agree"
            : $"{found}; there is no majority, so the primary's counts. It may be the wrong one: look at both";
    }
}
