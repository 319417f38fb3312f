using Understudy.Kernel;
using Understudy.Simulator.Machines;

namespace Understudy.Simulation.Tests.Machines;

public sealed class SimulatedClockTests
{
    [Fact]
    public void A_fast_clock_runs_ahead_and_its_durations_are_shorter_in_truth()
    {
        var clock = new SimulatedClock(1.25);

        clock.Read(1000).ShouldBe(1250);
        clock.TrueDuration(new TimeSpan(1250)).ShouldBe(1000);
    }

    [Fact]
    public void A_stopped_clock_stands_still_and_goes_on_where_it_stood()
    {
        var clock = new SimulatedClock(1);
        clock.Stop(100);
        clock.Read(500).ShouldBe(100);
        clock.RunOn(600);

        clock.Read(650).ShouldBe(150);
        clock.LastStopEnded.ShouldBe(600);
    }

    [Fact]
    public void A_drawn_clock_errs_by_less_than_it_may()
    {
        for (var seed = 0UL; seed < 1000; seed++)
        {
            var clock = SimulatedClock.Draw(new SeededRandom(seed), 0.005);

            clock.Read(1_000_000).ShouldBeInRange(995_000, 1_005_000);
        }
    }
}
