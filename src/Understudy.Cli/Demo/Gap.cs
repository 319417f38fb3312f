namespace Understudy.Cli.Demo;

/// <summary>Measures how long a writer went without an acknowledgement.</summary>
internal static class Gap
{
    /// <summary>
    /// The longest time between two acknowledgements that follow each other, of those that touch the window, in
    /// milliseconds. A window with none after it counts to its end.
    /// </summary>
    /// <param name="acks">When writes were acknowledged, ascending, in nanoseconds.</param>
    /// <param name="from">The window's start: the strike.</param>
    /// <param name="until">The window's end: when the failover was seen to be over.</param>
    public static double Longest(IReadOnlyList<long> acks, long from, long until)
    {
        var longest = 0L;
        var last = from;
        foreach (var ack in acks)
        {
            if (ack > from && last < until) longest = Math.Max(longest, ack - last);
            last = ack;
            if (ack >= until) return Monotonic.Milliseconds(longest);
        }

        return Monotonic.Milliseconds(Math.Max(longest, until - last));
    }
}
