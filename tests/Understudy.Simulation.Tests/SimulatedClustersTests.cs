using System.Globalization;
using Understudy.Simulator;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Runs;

namespace Understudy.Simulation.Tests;

/// <summary>Ring 3: whole clusters under every kind of fault, every invariant checked after every step.</summary>
public sealed class SimulatedClustersTests(ManySeeds run) : IClassFixture<ManySeeds>
{
    [Fact]
    public void No_seed_breaks_an_invariant_and_all_heal()
    {
        var broken = run.Report.Failures.Select(
            f => $"seed {f.Seed}: {f.Violation!.Checker}: {f.Violation.Text} | {run.Report.ReplayCommand(f.Seed)}");

        broken.ShouldBeEmpty();
        run.Report.Results.Count.ShouldBe(ManySeeds.Count);
    }

    [Fact]
    public void Every_kind_of_fault_struck()
    {
        var never = run.Report.Faults.Where(f => f.Value == 0).Select(f => f.Key);

        never.ShouldBeEmpty();
    }

    [Fact]
    public void Clients_were_served_most_of_the_time()
    {
        var begun = run.Report.Results.Sum(r => (long)r.Operations.Begun);
        var answered = run.Report.Results.Sum(r => (long)r.Operations.Answered);

        begun.ShouldBeGreaterThan(100L * ManySeeds.Count);
        answered.ShouldBeGreaterThan(begun / 2);
    }

    [Fact]
    public void Histories_of_every_seed_were_checked_but_where_nothing_is_promised()
    {
        var results = run.Report.Results;

        results.ShouldAllBe(r => r.HistoriesChecked > 0 || r.Violation != null || r.IsNothingPromised);
        results.Count(r => r.IsNothingPromised).ShouldBeLessThanOrEqualTo(1 + ManySeeds.Count / 500);
    }
}

/// <summary>One run that several facts look at.</summary>
public sealed class ManySeeds
{
    /// <summary>The seeds of a run on every change; UNDERSTUDY_SEEDS asks for another number.</summary>
    public static readonly int Count = int.TryParse(
        Environment.GetEnvironmentVariable("UNDERSTUDY_SEEDS"), CultureInfo.InvariantCulture, out var count)
        ? count
        : 600;

    public RunReport Report { get; } =
        new SeedRunner(new RunOptions { Seeds = Count, First = 1 }, new NodeCodec()).Run(progress: null);
}
