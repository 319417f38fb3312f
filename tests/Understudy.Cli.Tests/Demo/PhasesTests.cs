using Understudy.Cli.Demo;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

public sealed class PhasesTests
{
    private const long Millisecond = 1_000_000;

    private static readonly (long Epoch, long Version) Before = (4, 7);

    [Fact]
    public void The_phases_of_a_kill_follow_each_other()
    {
        TimelineEvent[] events =
        [
            At(90, TimelineKinds.ViewProposed, epoch: 4),
            At(105, TimelineKinds.ViewProposed, epoch: 5),
            At(106, TimelineKinds.ViewProposed, epoch: 5),
            At(107, TimelineKinds.ViewInstalled, epoch: 5),
            At(108, TimelineKinds.ViewInstalled, epoch: 5),
            At(110, TimelineKinds.SelectionWon, epoch: 5),
            At(114, TimelineKinds.PrimaryActivated, "kv", 8, 5),
        ];

        Measure(events, Fault.Kill, 99, 122, 123).ShouldBe(new Phases(5, 2, 3, 4, 8));
    }

    [Fact]
    public void A_registry_that_need_not_move_costs_nothing()
    {
        TimelineEvent[] events =
        [
            At(105, TimelineKinds.ViewProposed, epoch: 5),
            At(107, TimelineKinds.ViewInstalled, epoch: 5),
            At(109, TimelineKinds.PrimaryActivated, "kv", 8, 5),
        ];

        Measure(events, Fault.Kill, 110).ShouldBe(new Phases(5, 2, 0, 2, 1));
    }

    [Fact]
    public void A_handover_comes_before_its_view()
    {
        TimelineEvent[] events =
        [
            At(103, TimelineKinds.PrimaryActivated, "kv", 8, 4),
            At(120, TimelineKinds.ViewProposed, epoch: 5),
            At(121, TimelineKinds.ViewInstalled, epoch: 5),
        ];

        Measure(events, Fault.Restart, 104).ShouldBe(new Phases(0, 0, 0, 3, 1));
    }

    [Fact]
    public void A_secondary_is_gone_when_the_configuration_without_it_is_adopted()
    {
        TimelineEvent[] events =
        [
            At(105, TimelineKinds.ViewProposed, epoch: 5),
            At(106, TimelineKinds.Configured, "kv", 7, 4),
            At(107, TimelineKinds.ViewInstalled, epoch: 5),
            At(109, TimelineKinds.Configured, "kv", 8, 5),
        ];

        Measure(events, Fault.KillSecondary, 110).ShouldBe(new Phases(5, 2, 0, 2, 1));
    }

    [Fact]
    public void A_timeline_without_the_end_has_no_phases() =>
        Measure([At(105, TimelineKinds.ViewProposed, epoch: 5)], Fault.Kill, 110).ShouldBeNull();

    private static Phases? Measure(TimelineEvent[] events, Fault fault, params long[] acks) =>
        Phases.Measure(events, [.. acks.Select(ack => ack * Millisecond)], 100 * Millisecond, Before, fault);

    private static TimelineEvent At(
        long milliseconds, string kind, string? service = null, long? version = null, long? epoch = null) => new()
        {
            MonotonicNanoseconds = milliseconds * Millisecond,
            Failover = $"e{epoch}",
            Kind = kind,
            Service = service,
            Version = version,
            Epoch = epoch,
            Text = "",
        };
}
