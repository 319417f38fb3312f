using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>How long each part of a failover took, in milliseconds: together, from strike to first ack.</summary>
/// <param name="Detect">From the strike to the first proposal of a view without the victim.</param>
/// <param name="Agree">To the first installation of that view.</param>
/// <param name="Select">To the win of the replica manager's selection; 0 if its primary need not change.</param>
/// <param name="Activate">To the activation of kv's primary (of its new configuration, if a secondary died).</param>
/// <param name="Reach">To the first write that was acknowledged after it.</param>
internal sealed record Phases(double Detect, double Agree, double Select, double Activate, double Reach)
{
    public static string[] Names { get; } = ["detect", "agree", "select", "activate", "reach"];

    /// <summary>What each part is, for people.</summary>
    public static string[] Meanings { get; } =
    [
        "the other nodes notice",
        "they agree on a view without the node",
        "the replica manager's primary is chosen, if it was on that node",
        "the new primary of kv takes requests",
        "a client's next write is answered there",
    ];

    public double[] Parts => [Detect, Agree, Select, Activate, Reach];

    public double Total => Parts.Sum();

    /// <summary>The phases, or null if the timelines do not show the end of the failover.</summary>
    /// <param name="events">What happened on the survivors, in order of time.</param>
    /// <param name="acks">When the gap writer's writes were acknowledged, ascending, in nanoseconds.</param>
    /// <param name="strike">When the fault struck, in nanoseconds.</param>
    /// <param name="before">Epoch and configuration version before the strike.</param>
    /// <param name="fault">Which fault it was.</param>
    public static Phases? Measure(
        IReadOnlyList<TimelineEvent> events,
        IReadOnlyList<long> acks,
        long strike,
        (long Epoch, long Version) before,
        Fault fault)
    {
        var since = events.Where(happened => happened.MonotonicNanoseconds >= strike).ToArray();
        var end = fault.StrikesPrimary() ? TimelineKinds.PrimaryActivated : TimelineKinds.Configured;
        if (First(since, end, strike, each => each.Service == "kv" && each.Version > before.Version) is not { } active)
            return null;

        // A handover comes before its view: whatever follows the activation is no part of the gap.
        since = [.. since.Where(happened => happened.MonotonicNanoseconds <= active)];
        var installed = First(since, TimelineKinds.ViewInstalled, strike, each => each.Epoch > before.Epoch);
        var proposed = First(since, TimelineKinds.ViewProposed, strike, _ => true) ?? installed ?? strike;
        var agreed = Math.Max(installed ?? proposed, proposed);
        var selected = First(since, TimelineKinds.SelectionWon, agreed, _ => true) ?? agreed;
        var reached = acks.FirstOrDefault(ack => ack >= active, active);
        return new Phases(
            Monotonic.Milliseconds(proposed - strike),
            Monotonic.Milliseconds(agreed - proposed),
            Monotonic.Milliseconds(selected - agreed),
            Monotonic.Milliseconds(active - selected),
            Monotonic.Milliseconds(reached - active));
    }

    private static long? First(TimelineEvent[] events, string kind, long from, Func<TimelineEvent, bool> matches) =>
        events.FirstOrDefault(each => each.Kind == kind && each.MonotonicNanoseconds >= from && matches(each))
            ?.MonotonicNanoseconds;
}
