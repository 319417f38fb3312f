using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>What is committed becomes orders: one to each member, whatever it contains, until it is taken.</summary>
public sealed partial class ReplicaManager
{
    private static readonly List<(MemberId To, ServiceMap Map)> _none = [];

    private readonly SortedDictionary<MemberId, Push> _pushed = [];
    private ServiceMap? _committed;
    private (View? View, ServiceMap? Map) _takenByAll;

    /// <summary>Which map a member was sent, when, and which it has taken over.</summary>
    private readonly record struct Push(long Sent, long Taken, TimeSpan SentAt);

    public void OnMapTaken(MemberId from, ReplicationMessage.MapTaken taken)
    {
        if (taken.Generation != _generation || !_pushed.TryGetValue(from, out var push)) return;
        _pushed[from] = push with { Taken = Math.Max(push.Taken, taken.Sequence) };
    }

    /// <summary>The map to order now, if a newer one is committed than was returned before; null otherwise.</summary>
    public ServiceMap? TakeCommitted()
    {
        if (!IsActive) return null;
        ServiceMap? newest = null;
        while (_uncommitted.TryPeek(out var map) && map.Sequence <= _replica.Committed)
        {
            newest = _uncommitted.Dequeue();
        }

        if (newest is not null) _committed = newest;
        return newest;
    }

    /// <summary>To whom the committed map is still to be sent: once at once, then again until it is taken.</summary>
    public List<(MemberId To, ServiceMap Map)> DuePushes(View view, MemberId self, TimeSpan now)
    {
        if (!IsActive || _committed is not { } map) return _none;
        if (ReferenceEquals(_takenByAll.Map, map) && ReferenceEquals(_takenByAll.View, view)) return _none;
        List<(MemberId, ServiceMap)> due = [];
        var isTakenByAll = true;
        foreach (var member in view.Members)
        {
            if (member.Id == self) continue;
            var push = _pushed.GetValueOrDefault(member.Id, new Push(-1, -1, TimeSpan.Zero));
            if (push.Taken >= map.Sequence) continue;
            isTakenByAll = false;
            if (push.Sent >= map.Sequence && now - push.SentAt < _profile.Heartbeat) continue;
            _pushed[member.Id] = push with { Sent = map.Sequence, SentAt = now };
            due.Add((member.Id, map));
        }

        if (isTakenByAll) _takenByAll = (view, map);
        return due;
    }
}
