using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// The gateway's side of a node: holds clients' requests while their service has no primary, sends them to the one
/// there is, and again, under the same name, to the next (steps 404-412). Bounded in number and bytes.
/// </summary>
internal sealed class RequestRouter(MemberId self, Profile profile)
{
    public const int MaxHeld = 10_000;
    public const long MaxHeldBytes = 64 << 20;

    private readonly LinkedList<Held> _inOrder = [];
    private readonly Dictionary<long, LinkedListNode<Held>> _held = [];
    private readonly Dictionary<long, long> _byClientNumber = [];
    private long _next = 1;
    private long _bytes;

    /// <summary>A request that is not answered yet.</summary>
    internal sealed class Held(long number, NodeInput.Requested asked, TimeSpan deadline)
    {
        public long Number { get; } = number;

        public NodeInput.Requested Asked { get; } = asked;

        public TimeSpan Deadline { get; } = deadline;

        public MemberId? SentTo { get; set; }

        public TimeSpan SentAt { get; set; }
    }

    public int Count => _held.Count;

    /// <summary>Where the RM's primary is, which takes operators' commands; null while there is none.</summary>
    public MemberId? Manager { get; set; }

    /// <returns>The router's number for it, or null if too many are held.</returns>
    public long? Take(NodeInput.Requested asked, TimeSpan now)
    {
        if (_held.Count >= MaxHeld || _bytes + asked.Body.Length > MaxHeldBytes) return null;
        var number = _next++;
        _held[number] = _inOrder.AddLast(new Held(number, asked, now + asked.HoldFor));
        _byClientNumber[asked.Number] = number;
        _bytes += asked.Body.Length;
        return number;
    }

    /// <summary>The request was answered, or its client has gone.</summary>
    public Held? Finish(long number)
    {
        if (!_held.Remove(number, out var node)) return null;
        _inOrder.Remove(node);
        var held = node.Value;
        _byClientNumber.Remove(held.Asked.Number);
        _bytes -= held.Asked.Body.Length;
        return held;
    }

    public void Abandon(long clientNumber)
    {
        if (_byClientNumber.TryGetValue(clientNumber, out var number)) Finish(number);
    }

    /// <summary>The node asked was not the primary: the request waits for the map, or the next tick.</summary>
    public void Unsend(long number)
    {
        if (_held.TryGetValue(number, out var node)) node.Value.SentTo = null;
    }

    public void LoseChannel(MemberId peer)
    {
        foreach (var held in _inOrder)
        {
            if (held.SentTo == peer) held.SentTo = null;
        }
    }

    /// <summary>The requests whose deadline has passed; they are taken out.</summary>
    public List<Held> Expire(TimeSpan now)
    {
        List<Held> expired = [];
        foreach (var held in _inOrder)
        {
            if (held.Deadline <= now) expired.Add(held);
        }

        foreach (var held in expired) Finish(held.Number);
        return expired;
    }

    /// <summary>What to send now, and to whom: what is held, or was sent to another or too long ago.</summary>
    public List<(MemberId To, ReplicationMessage.Request Request)> Due(ServiceMap map, TimeSpan now)
    {
        List<(MemberId, ReplicationMessage.Request)> due = [];
        foreach (var held in _inOrder)
        {
            if (TrySend(held, map, now) is { } sent) due.Add(sent);
        }

        return due;
    }

    /// <summary>The request, if its service has a primary that it was not just sent to.</summary>
    public (MemberId To, ReplicationMessage.Request Request)? TrySend(long number, ServiceMap map, TimeSpan now) =>
        _held.TryGetValue(number, out var node) ? TrySend(node.Value, map, now) : null;

    private (MemberId To, ReplicationMessage.Request Request)? TrySend(Held held, ServiceMap map, TimeSpan now)
    {
        if (Primary(held.Asked.Service, map) is not { } primary) return null;
        if (held.SentTo == primary && now - held.SentAt < profile.Heartbeat * 3) return null;
        held.SentTo = primary;
        held.SentAt = now;
        return (primary, new ReplicationMessage.Request(
            new RequestId(self, held.Number),
            _inOrder.First!.Value.Number,
            held.Asked.Service,
            held.Asked.IsRead,
            held.Asked.IdempotencyKey,
            held.Asked.Body));
    }

    /// <summary>Who takes a service's requests now; nobody while it is frozen.</summary>
    private MemberId? Primary(ServiceName service, ServiceMap map)
    {
        if (service == Registry.Name) return Manager;
        return map.Find(service) is { IsFrozen: false } entry ? entry.Configuration.Primary : null;
    }
}
