using System.Runtime.InteropServices;

namespace Understudy.Workers;

/// <summary>struct timespec of a 64-bit kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KernelTime(long Seconds, long Nanoseconds)
{
    /// <summary>Never zero, which would switch a timer off, and never negative, which is refused.</summary>
    public static KernelTime Of(TimeSpan time)
    {
        var ticks = Math.Max(1, time.Ticks);
        return new KernelTime(
            ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
    }

    public TimeSpan ToTimeSpan() =>
        TimeSpan.FromTicks((Seconds * TimeSpan.TicksPerSecond) + (Nanoseconds / TimeSpan.NanosecondsPerTick));
}
