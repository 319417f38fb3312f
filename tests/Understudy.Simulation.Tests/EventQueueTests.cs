using CsCheck;
using Understudy.Simulator;

namespace Understudy.Simulation.Tests;

public sealed class EventQueueTests
{
    [Fact]
    public void Events_come_in_order_of_time_and_equal_times_in_order_of_arrival() =>
        Gen.Int[0, 20].Array[0, 200].Sample(times =>
        {
            var queue = new EventQueue();
            for (var i = 0; i < times.Length; i++) queue.Add(times[i], new SimulationEvent(EventKind.Input, Number: i));

            List<(long At, long Number)> taken = [];
            while (queue.TryTake(out var at, out var happening)) taken.Add((at, happening.Number));

            var wanted = times.Select((t, i) => ((long)t, (long)i)).OrderBy(e => e.Item1).ThenBy(e => e.Item2);
            taken.ShouldBe(wanted);
        });

    [Fact]
    public void Adding_and_taking_may_alternate() =>
        Gen.Int[-1, 20].Array[0, 300].Sample(steps =>
        {
            var queue = new EventQueue();
            var model = new SortedSet<(long At, long Number)>();
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i] >= 0)
                {
                    queue.Add(steps[i], new SimulationEvent(EventKind.Input, Number: i));
                    model.Add((steps[i], i));
                    continue;
                }

                queue.TryTake(out var at, out var happening).ShouldBe(model.Count > 0);
                if (model.Count == 0) continue;
                (at, happening.Number).ShouldBe(model.Min);
                model.Remove(model.Min);
            }
        });
}
