using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// What is at the backends of a service by way of one node, connections or requests, and where more may go. It is
/// taken back when the node's view lease ends, or when its backend is not the primary's any more: at once, or after a
/// time to drain if the primary was moved while its node was a member.
/// </summary>
/// <param name="drain">That time; zero for none.</param>
internal sealed class AtBackends(TimeSpan drain)
{
    private readonly SortedDictionary<long, Entry> _entries = [];
    private readonly SortedSet<(TimeSpan At, long Number)> _leaving = [];
    private TimeSpan? _stopsAt;

    private sealed class Entry(MemberId backend)
    {
        public MemberId Backend { get; } = backend;

        /// <summary>When it is taken back; null while its backend is the primary's.</summary>
        public TimeSpan? LeavesAt { get; set; }
    }

    /// <summary>What the node learned last.</summary>
    public BackendRoute Route { get; private set; } = BackendRoute.None;

    public int Count => _entries.Count;

    public bool Contains(long number) => _entries.ContainsKey(number);

    /// <summary>Whether the node may use the primary's backend.</summary>
    public bool MayForward(TimeSpan now) => Route.Primary is not null && now < Route.Until;

    /// <summary>When something is to be taken back if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt(TimeSpan now)
    {
        TimeSpan? drained = _leaving.Count > 0 ? _leaving.Min.At : null;
        TimeSpan? leaseEnd = _entries.Count > 0 && now < Route.Until ? Route.Until : null;
        return leaseEnd is null || drained < leaseEnd ? drained : leaseEnd;
    }

    /// <summary>It goes to the primary's backend.</summary>
    public void Add(long number) => _entries.Add(number, new Entry(Route.Primary!.Value));

    public void Remove(long number)
    {
        if (_entries.Remove(number, out var entry) && entry.LeavesAt is { } at) _leaving.Remove((at, number));
    }

    /// <summary>The node knows something new.</summary>
    /// <returns>Whether another one is primary, or none.</returns>
    public bool Learn(TimeSpan now, BackendRoute route)
    {
        var before = Route;
        Route = route;
        var hasMoved = route.Primary != before.Primary;
        if (!hasMoved && route.View == before.View) return false;
        foreach (var (number, entry) in _entries) LeaveAt(number, entry, EndOf(entry, now));
        return hasMoved;
    }

    /// <summary>The node stops: everything drains, whoever becomes primary.</summary>
    public void Stop(TimeSpan now)
    {
        _stopsAt = now + drain;
        foreach (var (number, entry) in _entries) LeaveAt(number, entry, entry.LeavesAt ?? _stopsAt);
    }

    /// <summary>Takes one back that is here without a lease: who has none may be deposed and not know it.</summary>
    public bool TryTakeUnleased(TimeSpan now, out long number)
    {
        number = 0;
        if (now < Route.Until || _entries.Count == 0) return false;
        number = _entries.First().Key;
        Remove(number);
        return true;
    }

    /// <summary>Takes one back that is at another's backend than the primary's, and has drained if it might.</summary>
    public bool TryTakeMoved(TimeSpan now, out long number)
    {
        number = 0;
        if (_leaving.Count == 0 || _leaving.Min.At > now) return false;
        number = _leaving.Min.Number;
        Remove(number);
        return true;
    }

    private TimeSpan? EndOf(Entry entry, TimeSpan now)
    {
        if (entry.Backend == Route.Primary) return _stopsAt;
        var mayDrain = Route.IsPlanned && Route.View?.Contains(entry.Backend) == true;
        return mayDrain ? entry.LeavesAt ?? now + drain : now;
    }

    private void LeaveAt(long number, Entry entry, TimeSpan? at)
    {
        if (entry.LeavesAt is { } before) _leaving.Remove((before, number));
        entry.LeavesAt = at;
        if (at is { } end) _leaving.Add((end, number));
    }
}
