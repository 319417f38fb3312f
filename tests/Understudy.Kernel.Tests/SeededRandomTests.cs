using CsCheck;

namespace Understudy.Kernel.Tests;

public class SeededRandomTests
{
    [Fact]
    public void The_sequence_of_a_seed_never_changes()
    {
        // The published SplitMix64: these are its first numbers.
        var random = new SeededRandom(1234567);
        ulong[] expected =
        [
            6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
        ];
        expected.ShouldAllBe(number => random.Next() == number);
    }

    [Fact]
    public void What_is_drawn_from_a_seed_never_changes()
    {
        var random = new SeededRandom(42);
        random.Below(1000).ShouldBe(451);
        random.Unit().ShouldBe(0.1599103928769201);
        random.Chance(0.5).ShouldBe(true);
        random.Exponential(TimeSpan.FromSeconds(1)).Ticks.ShouldBe(4218853);
        random.NextId().ShouldBe(UInt128.Parse("12940995765277210856621310805113101062", null));
        random.Fork().Next().ShouldBe(14420089671706069802);
    }

    [Fact]
    public void Numbers_keep_to_their_bounds() =>
        Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
        {
            var random = new SeededRandom(seed);
            random.Below(bound).ShouldBeInRange(0, bound - 1);
            var unit = random.Unit();
            unit.ShouldBeGreaterThanOrEqualTo(0);
            unit.ShouldBeLessThan(1);
            random.Exponential(TimeSpan.FromSeconds(1)).ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        });

    [Fact]
    public void A_fork_does_not_shift_its_parents_sequence_by_being_used()
    {
        var used = new SeededRandom(7);
        var unused = new SeededRandom(7);
        var fork = used.Fork();
        unused.Fork();
        for (var i = 0; i < 100; i++) fork.Next();
        used.Next().ShouldBe(unused.Next());
    }

    [Fact]
    public void A_bound_that_is_not_positive_is_a_breach() =>
        Should.Throw<InvariantViolationException>(() => new SeededRandom(1).Below(0));
}
