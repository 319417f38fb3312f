namespace Understudy.Testing.Machines;

/// <summary>The cluster's time, as one process is given it: its timers wait with its code, and end with it.</summary>
internal sealed class ProcessTime(VirtualTime time, CodeScheduler code) : TimeProvider
{
    /// <summary>The wall clock at the cluster's start; the same in every run.</summary>
    private static readonly DateTimeOffset _start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _start + time.Now;

    public override long GetTimestamp() => time.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(time, code, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class VirtualTimer(VirtualTime time, CodeScheduler code, TimerCallback callback, object? state)
        : ITimer
    {
        private long _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = Interlocked.Increment(ref _setting);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Post(() => time.After(dueTime, () => Fire(setting, period)));
            }

            return true;
        }

        public void Dispose() => Interlocked.Increment(ref _setting);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(long setting, TimeSpan period)
        {
            if (setting != Interlocked.Read(ref _setting)) return;
            _ = code.Start(() =>
            {
                if (setting == Interlocked.Read(ref _setting)) callback(state);
            });
            if (period > TimeSpan.Zero) time.After(period, () => Fire(setting, period));
        }
    }
}
