using Understudy.Kernel;

namespace Understudy.Simulator.Machines;

/// <summary>
/// A node's own monotonic clock: a little fast or slow, and it can stand still while its machine is paused.
/// </summary>
internal sealed class SimulatedClock(double rate)
{
    private long _own;
    private long _since;
    private bool _isStopped;

    /// <summary>When the clock last ran again after it had stood still, in true time; far past if never.</summary>
    public long LastStopEnded { get; private set; } = long.MinValue / 2;

    public bool IsStopped => _isStopped;

    public static SimulatedClock Draw(SeededRandom random, double greatestError) =>
        new(1 + ((2 * random.Unit() - 1) * greatestError));

    /// <summary>What the clock shows at a true time.</summary>
    public long Read(long now) => _isStopped ? _own : _own + (long)((now - _since) * rate);

    /// <summary>How long the clock takes, in true time, to run on by a duration.</summary>
    public long TrueDuration(TimeSpan own) => (long)(own.Ticks / rate);

    public void Stop(long now)
    {
        _own = Read(now);
        _since = now;
        _isStopped = true;
    }

    public void RunOn(long now)
    {
        if (!_isStopped) return;
        _since = now;
        _isStopped = false;
        LastStopEnded = now;
    }
}
