using Understudy.Kernel;
using Understudy.Simulator.Faults;
using Understudy.Transport;

namespace Understudy.Simulator.Runs;

/// <summary>What one seed came to.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="HistoryHash">Of everything that happened; the same in every process.</param>
/// <param name="NodeSeconds">Simulated seconds times nodes.</param>
/// <param name="HistoriesChecked">How many histories of a key were judged.</param>
/// <param name="Operations">How many operations clients began, and how many were answered.</param>
/// <param name="Violation">What was broken, or null.</param>
public sealed record SeedResult(
    ulong Seed,
    ulong HistoryHash,
    double NodeSeconds,
    int HistoriesChecked,
    (int Begun, int Answered) Operations,
    Violation? Violation)
{
    /// <summary>
    /// Whether every lineage of what clients asked was lost or went on from an old copy, so that no history of it can
    /// be judged.
    /// </summary>
    public bool IsNothingPromised { get; init; }

    internal FaultCounters Faults { get; init; } = new();
}

/// <summary>Runs one seed and catches what it breaks.</summary>
public static class SeedRun
{
    public static SeedResult Run(ulong seed, RunOptions options, IMessageCodec? codec)
    {
        ArgumentNullException.ThrowIfNull(options);
        var cluster = new SimulatedCluster(seed, options, codec, options.IsTraced ? Console.Out : null);
        Violation? violation = null;
        try
        {
            cluster.Run();
        }
        catch (ViolationException broken)
        {
            violation = Describe(cluster, broken.Checker, broken.Text);
        }
        catch (InvariantViolationException broken)
        {
            violation = Describe(cluster, "Invariant", broken.Message);
        }
#pragma warning disable CA1031 // Whatever a core throws, the seed that makes it do so must be named.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            violation = Describe(cluster, "Failure", failure.ToString());
        }

        var history = cluster.Workload.History;
        var nodeSeconds = cluster.Nodes.Length * new TimeSpan(cluster.Now).TotalSeconds;
        var answered = history.Count(o => o.Answer is not null);
        return new SeedResult(
            seed,
            cluster.Hash.Value,
            nodeSeconds,
            cluster.Checkers.HistoriesChecked,
            (history.Count, answered),
            violation)
        {
            Faults = cluster.Faults,
            IsNothingPromised = cluster.Checkers.IsNothingPromised,
        };
    }

    private static Violation Describe(SimulatedCluster cluster, string checker, string text) =>
        new(checker, text, new TimeSpan(cluster.Now).TotalSeconds, cluster.LastEvents);
}
