using System.Globalization;
using System.Text.Json;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Runs;

/// <summary>What a run of many seeds came to.</summary>
public sealed class RunReport
{
    private const int MostShown = 20;

    private readonly RunOptions _options;
    private readonly TimeSpan _elapsed;
    private readonly TimeSpan _processorTime;
    private readonly int _threads;

    internal RunReport(
        RunOptions options,
        IReadOnlyList<SeedResult> results,
        TimeSpan elapsed,
        TimeSpan processorTime,
        int threads)
    {
        (_options, Results) = (options, results);
        (_elapsed, _processorTime, _threads) = (elapsed, processorTime, threads);
        var faults = new FaultCounters();
        var hash = new HistoryHash();
        foreach (var result in results)
        {
            faults.Add(result.Faults);
            hash.Add(result.HistoryHash);
        }

        Faults = faults.ToDictionary();
        HistoryHash = hash.Value.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>In order of seed.</summary>
    public IReadOnlyList<SeedResult> Results { get; }

    /// <summary>How often each kind of fault struck.</summary>
    public IReadOnlyDictionary<FaultKind, long> Faults { get; }

    /// <summary>Of all seeds' histories, in order.</summary>
    public string HistoryHash { get; }

    public IEnumerable<SeedResult> Failures => Results.Where(r => r.Violation is not null);

    public double NodeSeconds => Results.Sum(r => r.NodeSeconds);

    public double NodeSecondsPerSecondPerCore => NodeSeconds / _elapsed.TotalSeconds / _threads;

    /// <summary>The same by the processor time that this process used: it does not fall on a busy machine.</summary>
    public double NodeSecondsPerProcessorSecond => NodeSeconds / _processorTime.TotalSeconds;

    /// <summary>The one command that runs a seed again.</summary>
    public string ReplayCommand(ulong seed) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project tests/Understudy.Simulator -- --seeds 1 --first {seed} "
        + $"--seconds {_options.FaultTime.TotalSeconds}{MutantArgument} --trace");

    private string MutantArgument =>
        _options.Mutations == default ? "" : $" --mutant {Mutants.NameOf(_options.Mutations)}";

    public void WriteText(TextWriter output)
    {
        var failures = Failures.ToList();
        foreach (var failure in failures.Take(MostShown)) WriteFailure(output, failure, isFull: failure == failures[0]);
        if (failures.Count > MostShown) output.WriteLine($"... and {failures.Count - MostShown} more");

        output.WriteLine("faults:");
        foreach (var (kind, count) in Faults) output.WriteLine($"  {kind,-20} {count,12:n0}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Count} seeds, {NodeSeconds:n0} node-seconds, "
            + $"{Results.Sum(r => r.Operations.Begun):n0} operations "
            + $"({Results.Sum(r => r.Operations.Answered):n0} answered), "
            + $"{Results.Sum(r => r.HistoriesChecked):n0} histories checked, {failures.Count} violations"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_elapsed.TotalSeconds:n1} s on {_threads} threads: "
            + $"{NodeSecondsPerSecondPerCore:n0} node-seconds per second per core, "
            + $"{NodeSecondsPerProcessorSecond:n0} per CPU second; history hash {HistoryHash}"));
    }

    public void WriteJson(TextWriter output)
    {
        var failures = Failures.ToList();
        var document = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["seeds"] = Results.Count,
            ["nodeSeconds"] = Math.Round(NodeSeconds),
            ["violations"] = failures.Count,
            ["historiesChecked"] = Results.Sum(r => r.HistoriesChecked),
            ["faults"] = Faults.ToDictionary(f => CamelCase(f.Key.ToString()), f => f.Value),
            ["firstFailingSeed"] = failures.FirstOrDefault()?.Seed,
            ["firstViolation"] = failures.FirstOrDefault()?.Violation?.Checker,
            ["nodeSecondsPerSecondPerCore"] = Math.Round(NodeSecondsPerSecondPerCore),
            ["nodeSecondsPerCpuSecond"] = Math.Round(NodeSecondsPerProcessorSecond),
            ["historyHash"] = HistoryHash,
        };
        output.WriteLine(JsonSerializer.Serialize(document));
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private void WriteFailure(TextWriter output, SeedResult failure, bool isFull)
    {
        var violation = failure.Violation!;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {failure.Seed}: {violation.Checker} at {violation.AtSeconds:0.000} s: {violation.Text}"));
        if (isFull)
        {
            foreach (var line in violation.Trace) output.WriteLine("  " + line);
        }

        output.WriteLine($"  replay: {ReplayCommand(failure.Seed)}");
    }
}
