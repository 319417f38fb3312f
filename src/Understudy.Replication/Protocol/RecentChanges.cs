using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Which services the latest checkpoints of the registry changed, so that an order need only tell of those. What is too
/// long ago is forgotten.
/// </summary>
internal sealed class RecentChanges
{
    /// <summary>At least so many changes are remembered.</summary>
    public const int Kept = 65_536;

    private readonly List<(long Sequence, ServiceName Service)> _changes = [];
    private long _knownAfter = long.MaxValue;

    /// <summary>The state was loaded: when its parts changed is not known.</summary>
    public void Clear()
    {
        _changes.Clear();
        _knownAfter = long.MaxValue;
    }

    /// <summary>A checkpoint is made or applied, in order.</summary>
    public void Begin(long sequence) => _knownAfter = Math.Min(_knownAfter, sequence - 1);

    /// <summary>It changes a service, or removes it.</summary>
    public void Add(long sequence, ServiceName service)
    {
        _changes.Add((sequence, service));
        if (_changes.Count <= 2 * Kept) return;
        _knownAfter = _changes[Kept - 1].Sequence;
        _changes.RemoveRange(0, Kept);
    }

    /// <summary>The services that changed after a checkpoint, up to and with another; null if not known.</summary>
    public SortedSet<ServiceName>? Between(long after, long last)
    {
        if (after < _knownAfter) return null;
        SortedSet<ServiceName> changed = [];
        for (var i = _changes.Count - 1; i >= 0 && _changes[i].Sequence > after; i--)
        {
            if (_changes[i].Sequence <= last) changed.Add(_changes[i].Service);
        }

        return changed;
    }
}
