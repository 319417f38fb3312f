namespace Understudy.Hosting;

/// <summary>
/// The time of a core that a shell steps whenever something happens: its clock, and the tick that it wants. Not safe
/// for several threads: whoever steps the core is alone.
/// </summary>
internal sealed class CoreTimer : IAsyncDisposable, IDisposable
{
    private readonly TimeProvider _clock;
    private readonly long _zero;
    private readonly ITimer _timer;
    private TimeSpan? _tickAt;

    /// <param name="clock">Measures.</param>
    /// <param name="tick">Steps the core with a tick, or sees to it; called on a thread of the pool.</param>
    public CoreTimer(TimeProvider clock, Action tick)
    {
        _clock = clock;
        _zero = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The core's time: it has gone on since this was made.</summary>
    public TimeSpan Now => _clock.GetElapsedTime(_zero);

    /// <summary>The core's time at a timestamp of the clock.</summary>
    public TimeSpan At(long timestamp) => _clock.GetElapsedTime(_zero, timestamp);

    /// <summary>The core is given its tick. It may have come a little early, and is wanted again then.</summary>
    public void Ticked() => _tickAt = null;

    /// <summary>
    /// When the core wants its next tick; null if it wants none. One that comes too early does no harm, so the timer is
    /// set only when one is wanted sooner.
    /// </summary>
    public void Arm(TimeSpan? next)
    {
        if (next is not { } at || at >= _tickAt) return;
        _tickAt = at;
        var rest = at - Now;
        _timer.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
