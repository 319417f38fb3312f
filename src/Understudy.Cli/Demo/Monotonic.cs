using System.Diagnostics;

namespace Understudy.Cli.Demo;

/// <summary>The machine's monotonic clock, in the nanoseconds that nodes' timelines use.</summary>
internal static class Monotonic
{
    public static long Nanoseconds => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    public static double Milliseconds(long nanoseconds) => nanoseconds / 1e6;
}
