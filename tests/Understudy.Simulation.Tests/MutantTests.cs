using Understudy.Simulator;
using Understudy.Simulator.Runs;

namespace Understudy.Simulation.Tests;

public sealed class MutantTests
{
    private static readonly string Table = Path.Combine(AppContext.BaseDirectory, "Scenarios", "mutants.txt");

    private static IReadOnlyList<MutantPin> Pins => MutantPin.Parse(File.ReadLines(Table));

    [Fact]
    public void Mutants_die()
    {
        List<string> wrong = [];
        foreach (var pin in Pins)
        {
            var result = SeedRun.Run(pin.Seed, new RunOptions { Mutations = pin.Mutant }, new NodeCodec());
            var killer = result.Violation?.Checker;
            if (killer != pin.Checker) wrong.Add($"{pin}: now {killer ?? "alive"}");
        }

        wrong.ShouldBeEmpty("pin these again with --pin-mutants");
    }

    [Fact]
    public void Each_mutant_is_pinned_or_its_survival_is_argued_in_the_docs()
    {
        var pinned = Pins.Select(pin => Mutants.NameOf(pin.Mutant)).ToHashSet();
        var rules = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Scenarios", "rules-and-mutants.md"));
        var argued = rules[rules.IndexOf("## Rules on which nothing", StringComparison.Ordinal)..];
        foreach (var name in Mutants.All.Select(Mutants.NameOf))
        {
            var pin = Pins.SingleOrDefault(each => Mutants.NameOf(each.Mutant) == name);
            var row = rules.Split('\n').Single(line => line.StartsWith($"| {name} |", StringComparison.Ordinal));
            row.ShouldEndWith(pin is null ? "| argued below |" : $"| {pin.Seed}, {pin.Checker} |");
            if (!pinned.Contains(name)) argued.ShouldContain($"**{name}**");
        }
    }

    [Fact]
    public void Without_its_mutant_a_pinned_seed_is_clean()
    {
        foreach (var pin in Pins)
        {
            SeedRun.Run(pin.Seed, new RunOptions(), new NodeCodec()).Violation.ShouldBeNull($"{pin}");
        }
    }

    [Fact]
    public void A_mutant_is_found_by_its_name()
    {
        foreach (var mutant in Mutants.All)
        {
            Mutants.TryFind(Mutants.NameOf(mutant), out var found).ShouldBeTrue();
            found.ShouldBe(mutant);
        }

        Mutants.NameOf(Kernel.Mutation.WinWithoutEveryYield).ShouldBe("win-without-every-yield");
        Mutants.TryFind("no-such-rule", out _).ShouldBeFalse();
    }
}
