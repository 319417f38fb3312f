using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Simulator.Scale;

/// <summary>How many primaries and secondaries the least and the most loaded of some nodes have.</summary>
public sealed record Spread(int LeastPrimaries, int MostPrimaries, int LeastSecondaries, int MostSecondaries)
{
    /// <summary>The difference between the most and the least loaded node.</summary>
    public int OfPrimaries => MostPrimaries - LeastPrimaries;

    /// <inheritdoc cref="OfPrimaries"/>
    public int OfSecondaries => MostSecondaries - LeastSecondaries;

    internal static Spread Of(ServiceMap map, IEnumerable<NodeId> nodes)
    {
        var (primaries, secondaries) = (nodes.ToDictionary(n => n, _ => 0), nodes.ToDictionary(n => n, _ => 0));
        foreach (var configuration in map.Services.Select(e => e.Configuration))
        {
            foreach (var provider in configuration.InSync)
                (provider.Member == configuration.Primary ? primaries : secondaries)[provider.Member.Node]++;
        }

        return new Spread(
            primaries.Values.Min(), primaries.Values.Max(), secondaries.Values.Min(), secondaries.Values.Max());
    }
}
