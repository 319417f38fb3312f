namespace Understudy.Services;

/// <summary>
/// A caller of <c>CheckpointAsync</c>, from the call until it is told that its change is committed, and the number of
/// its checkpoint. When it has taken the word it is used for another caller, so a commit allocates nothing for it.
/// </summary>
internal sealed class WaitingCaller : Waiter<long>
{
    private const int MostSpare = 1024;

    private static readonly Lock s_gate = new();
    private static readonly Stack<WaitingCaller> s_spare = new();

    private PrimaryContext? _reign;
    private Func<ReadOnlyMemory<byte>>? _make;
    private bool _isScheduled;

    private WaitingCaller()
    {
    }

    /// <summary>The primary whose code it is.</summary>
    public PrimaryContext Reign => _reign!;

    /// <param name="reign">The primary whose code it is.</param>
    /// <param name="make">Makes its change; null if that has been made.</param>
    /// <param name="scheduler">
    /// Where the service's code runs if not on the thread pool; then the caller has captured it and goes on there.
    /// </param>
    public static WaitingCaller Of(
        PrimaryContext reign, Func<ReadOnlyMemory<byte>>? make, TaskScheduler? scheduler)
    {
        WaitingCaller? caller;
        lock (s_gate) s_spare.TryPop(out caller);
        caller ??= new WaitingCaller();
        (caller._reign, caller._make, caller._isScheduled) = (reign, make, scheduler is not null);
        return caller;
    }

    /// <summary>Changes the state.</summary>
    public ReadOnlyMemory<byte> Make() => _make!();

    protected override void GoOn()
    {
        if (_isScheduled) Tell();
        else base.GoOn();
    }

    protected override void WasTold()
    {
        Reset();
        (_reign, _make) = (null, null);
        lock (s_gate)
        {
            if (s_spare.Count < MostSpare) s_spare.Push(this);
        }
    }
}
