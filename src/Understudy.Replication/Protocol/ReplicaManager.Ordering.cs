using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// What is committed becomes orders: one to each member, whatever it contains, until it is taken. It tells what has
/// changed since the map that the member has, as far as that is known.
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly SortedDictionary<MemberId, Push> _pushed = [];
    private readonly Queue<(long Sequence, RegistryChange Change)> _uncommitted = new();
    private readonly Dictionary<long, ImmutableArray<ReplicationMessage.MapPushed>> _orders = [];
    private ServiceMap? _recovered;
    private ServiceMap? _committed;
    private long? _known;
    private TimeSpan _pushDueAt;

    /// <summary>
    /// Which map a member was sent, and when; which it has taken over from this RM; and which it is thought to have.
    /// </summary>
    private readonly record struct Push(long Sent, long Taken, long Has, TimeSpan SentAt);

    public void OnMapTaken(MemberId from, ReplicationMessage.MapTaken taken)
    {
        if (taken.Generation != _generation || !_pushed.TryGetValue(from, out var push)) return;
        if (taken.IsMissed)
        {
            _pushed[from] = push with { Sent = -1, Has = taken.Sequence };
            _pushDueAt = TimeSpan.MinValue;
            return;
        }

        _pushed[from] = push with
        {
            Taken = Math.Max(push.Taken, taken.Sequence),
            Has = Math.Max(push.Has, taken.Sequence),
        };
    }

    /// <summary>The map to order now, if a newer one is committed than was returned before; null otherwise.</summary>
    public ServiceMap? TakeCommitted()
    {
        if (!IsActive) return null;
        var map = _committed;
        // If a first decision is under way, one order tells of both.
        var isDeciding = _uncommitted.TryPeek(out var first) && first.Sequence > _replica.Committed;
        if (_recovered is { } recovered && recovered.Sequence <= _replica.Committed && !isDeciding)
            (map, _recovered) = (recovered, null);
        if (map is null) return null;
        List<RegistryChange> changes = [];
        var sequence = map.Sequence;
        while (_uncommitted.TryPeek(out var next) && next.Sequence <= _replica.Committed)
        {
            changes.Add(next.Change);
            sequence = _uncommitted.Dequeue().Sequence;
        }

        if (changes.Count > 0) map = map.After(changes, sequence);
        if (ReferenceEquals(map, _committed)) return null;
        _committed = map;
        _orders.Clear();
        _pushDueAt = TimeSpan.MinValue;
        return map;
    }

    /// <summary>To whom the committed map is still to be sent: once at once, then again until it is taken.</summary>
    public List<(MemberId To, ImmutableArray<ReplicationMessage.MapPushed> Order)> DuePushes(
        View view, MemberId self, TimeSpan now)
    {
        if (!IsActive || _committed is not { } map || now < _pushDueAt) return [];
        List<(MemberId, ImmutableArray<ReplicationMessage.MapPushed>)> due = [];
        _pushDueAt = TimeSpan.MaxValue;
        foreach (var member in view.Members)
        {
            if (member.Id == self) continue;
            var push = _pushed.GetValueOrDefault(member.Id, new Push(-1, -1, 0, TimeSpan.Zero));
            if (push.Taken >= map.Sequence) continue;
            var isRepeated = push.Sent >= map.Sequence;
            if (!isRepeated || now - push.SentAt >= _profile.Heartbeat)
            {
                // What was sent before arrives before this, or this is missed, and that is said.
                due.Add((member.Id, OrderSince(isRepeated ? push.Has : Math.Max(push.Has, push.Sent))));
                push = push with { Sent = map.Sequence, SentAt = now };
                _pushed[member.Id] = push;
            }

            var again = push.SentAt + _profile.Heartbeat;
            if (again < _pushDueAt) _pushDueAt = again;
        }

        return due;
    }

    /// <summary>What leads from a map to the committed one, as one message.</summary>
    public ReplicationMessage.MapPushed OrderFor(ServiceMap map) => MakeOrder(map.IsDecided ? map.Sequence : 0);

    /// <summary>As many members have the same map, an order is made once.</summary>
    private ImmutableArray<ReplicationMessage.MapPushed> OrderSince(long since) =>
        _orders.TryGetValue(since, out var made) ? made : _orders[since] = OrderParts.Split(MakeOrder(since));

    private ReplicationMessage.MapPushed MakeOrder(long since)
    {
        var map = _committed!;
        var changed = since == 0 ? null : _registry.ChangedBetween(since, map.Sequence);
        if (changed is null) return new ReplicationMessage.MapPushed(map);
        var entries = ImmutableArray.CreateBuilder<ServiceEntry>();
        var removed = ImmutableArray.CreateBuilder<ServiceName>();
        foreach (var name in changed)
        {
            if (map.Find(name) is { } entry) entries.Add(entry);
            else removed.Add(name);
        }

        return new ReplicationMessage.MapPushed(map with { Services = entries.DrainToImmutable() })
        {
            Since = since,
            Removed = removed.DrainToImmutable(),
        };
    }

    private void BeginOrders(long known)
    {
        _pushed.Clear();
        _uncommitted.Clear();
        _orders.Clear();
        (_committed, _known, _pushDueAt) = (null, known, TimeSpan.MinValue);
        // What the registry says now stands once everything in it is committed in this version.
        _recovered = _registry.ToMap(_generation, _replica.LastSequence);
    }

    /// <summary>
    /// Who is a member when the RM becomes active most likely has the map that this node has; who comes later has none.
    /// </summary>
    private void MeetMembers(View view)
    {
        foreach (var gone in _pushed.Keys.Where(m => !view.Contains(m)).ToList()) _pushed.Remove(gone);
        foreach (var member in view.Members) _pushed.TryAdd(member.Id, new Push(-1, -1, _known ?? 0, TimeSpan.Zero));
        (_known, _pushDueAt) = (null, TimeSpan.MinValue);
    }
}
