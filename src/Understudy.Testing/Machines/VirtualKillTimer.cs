using Understudy.Workers;

namespace Understudy.Testing.Machines;

/// <summary>Kills a process at a set time, as the kernel's does, whether the process stands still or not.</summary>
/// <param name="time">The cluster's time.</param>
/// <param name="now">The clock that it is set by.</param>
/// <param name="kill">Kills the process.</param>
internal sealed class VirtualKillTimer(VirtualTime time, Func<TimeSpan> now, Action kill) : IKillTimer
{
    private long _setting;

    public void SetAt(TimeSpan? at)
    {
        var setting = Interlocked.Increment(ref _setting);
        if (at is not { } due) return;
        time.Post(() => time.After(due - now(), () =>
        {
            if (setting == Interlocked.Read(ref _setting)) kill();
        }));
    }
}
