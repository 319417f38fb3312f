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
