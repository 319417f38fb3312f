using System.Diagnostics;
using System.Text.Json;
using Understudy.Simulator;
using Understudy.Simulator.Runs;

namespace Understudy.Simulation.Tests;

public sealed class DeterminismTests
{
    /// <summary>Enough that all kinds of scenario are among them, and both with and without the codecs.</summary>
    private const int Seeds = 50;

    [Fact]
    public void A_seed_has_one_history_in_two_processes()
    {
        var first = HashInAnotherProcess();
        var second = HashInAnotherProcess();
        var here = new SeedRunner(new RunOptions { Seeds = Seeds }, new NodeCodec()).Run(progress: null);

        second.ShouldBe(first);
        here.HistoryHash.ShouldBe(first);
    }

    [Fact]
    public void Two_seeds_have_two_histories()
    {
        var report = new SeedRunner(new RunOptions { Seeds = Seeds }, new NodeCodec()).Run(progress: null);

        report.Results.Select(r => r.HistoryHash).ShouldBeUnique();
    }

    [Fact]
    public void The_seeds_that_are_compared_run_with_and_without_the_codecs() =>
        Enumerable.Range(1, Seeds)
            .Select(seed => new SimulatedCluster((ulong)seed, new RunOptions(), new NodeCodec(), null))
            .Select(cluster => cluster.Scenario.UsesCodec)
            .Distinct().Count().ShouldBe(2);

    private static string HashInAnotherProcess()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { typeof(SeedRunner).Assembly.Location, "--seeds", $"{Seeds}", "--json" })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start).ShouldNotBeNull();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var lastLine = output.TrimEnd().Split('\n')[^1];
        lastLine.ShouldStartWith("{", customMessage: errors.GetAwaiter().GetResult());
        return JsonDocument.Parse(lastLine).RootElement.GetProperty("historyHash").GetString().ShouldNotBeNull();
    }
}
