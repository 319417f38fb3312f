using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// The gateway's side of a node: holds clients' requests while their service has no primary, sends them to the one
/// there is, and again, under the same name, to the next (steps 404-412). It holds what it is given:
/// <see cref="RequestAdmission"/> bounds that, for each service.
/// </summary>
internal sealed class RequestRouter(MemberId self, Profile profile, Mutation mutations = Mutation.None)
{
    private readonly SortedDictionary<ServiceName, HeldRequests> _services = [];
    private readonly Dictionary<long, LinkedListNode<HeldRequest>> _held = [];
    private readonly Dictionary<long, long> _byClientNumber = [];
    private readonly HashSet<MemberId> _open = [];
    private long _next = 1;

    public int Count => _held.Count;

    /// <summary>Where the RM's primary is, which takes operators' commands; null while there is none.</summary>
    public MemberId? Manager { get; set; }

    /// <returns>The router's number for it.</returns>
    public long Take(NodeInput.Requested asked, TimeSpan now)
    {
        var number = _next++;
        if (!_services.TryGetValue(asked.Service, out var service))
            _services[asked.Service] = service = new HeldRequests(profile.Heartbeat * 3);
        _held[number] = service.Add(new HeldRequest(number, asked, now + asked.HoldFor));
        _byClientNumber[asked.Number] = number;
        return number;
    }

    /// <summary>The request was answered, or its client has gone.</summary>
    public HeldRequest? Finish(long number)
    {
        if (!_held.Remove(number, out var place)) return null;
        var held = place.Value;
        _services[held.Asked.Service].Remove(place);
        _byClientNumber.Remove(held.Asked.Number);
        return held;
    }

    public void Abandon(long clientNumber)
    {
        if (_byClientNumber.TryGetValue(clientNumber, out var number)) Finish(number);
    }

    /// <summary>The node asked was not the primary: the request waits for the map, or the next tick.</summary>
    public void Unsend(long number)
    {
        if (_held.TryGetValue(number, out var place)) _services[place.Value.Asked.Service].Hold(place.Value);
    }

    /// <summary>This node's own provider did not take the copy that it was just given.</summary>
    public void TakeBack(long number)
    {
        if (_held.TryGetValue(number, out var place)) place.Value.Copies--;
        Unsend(number);
    }

    /// <summary>
    /// Whether nobody can say what becomes of it: it is a change without a key, and was sent. What was not sent has no
    /// effect, ever.
    /// </summary>
    public bool IsUnknown(HeldRequest held) => held.Copies > 0 && !held.Asked.MayBeRepeated
        && (mutations & Mutation.SentToldAsNotSent) == 0;

    /// <summary>The same of a request that is not answered, by its client's number.</summary>
    public bool IsUnknown(long clientNumber) =>
        _byClientNumber.TryGetValue(clientNumber, out var number) && IsUnknown(_held[number].Value);

    public void OpenChannel(MemberId peer)
    {
        _open.Add(peer);
        FollowAnew();
    }

    public void LoseChannel(MemberId peer)
    {
        _open.Remove(peer);
        foreach (var service in _services.Values) service.LoseChannel(peer);
        FollowAnew();
    }

    /// <summary>The requests whose deadline has passed; they are taken out.</summary>
    public List<HeldRequest> Expire(TimeSpan now)
    {
        List<HeldRequest> expired = [];
        List<ServiceName> idle = [];
        foreach (var service in _services.Values) service.FindExpired(now, expired);
        foreach (var late in expired) Finish(late.Number);
        foreach (var (name, service) in _services)
        {
            if (service.IsEmpty) idle.Add(name);
        }

        foreach (var name in idle) _services.Remove(name);
        return expired;
    }

    /// <summary>
    /// What to send now, and to whom: what is held, or was sent to another or too long ago. In the order in which a
    /// service's requests came.
    /// </summary>
    public List<(MemberId To, ReplicationMessage.Request Request)> Due(ServiceMap map, TimeSpan now)
    {
        List<(MemberId To, HeldRequest Request)> due = [];
        foreach (var (name, service) in _services)
        {
            Follow(name, service, map);
            service.SendDue(now, due);
        }

        return due.ConvertAll(sent => (sent.To, MessageOf(sent.Request)));
    }

    /// <summary>
    /// A request that has just come, if its service has a primary and no other one like it waits before it.
    /// </summary>
    public (MemberId To, ReplicationMessage.Request Request)? TrySend(long number, ServiceMap map, TimeSpan now)
    {
        if (!_held.TryGetValue(number, out var place)) return null;
        var held = place.Value;
        var service = _services[held.Asked.Service];
        Follow(held.Asked.Service, service, map);
        return service.Send(held, now) is { } primary ? (primary, MessageOf(held)) : null;
    }

    private ReplicationMessage.Request MessageOf(HeldRequest held)
    {
        var service = _services[held.Asked.Service];
        return new(
            new RequestId(self, held.Number),
            service.Lowest,
            held.Asked.Service,
            service.Version,
            held.Asked.IsRead,
            held.Asked.IdempotencyKey,
            held.Asked.Body);
    }

    private void FollowAnew()
    {
        foreach (var service in _services.Values) service.Map = null;
    }

    /// <summary>
    /// Tells a service's requests who takes them now: nobody while it is frozen, or while there is no channel to its
    /// primary, for what would be lost on the way is not sent.
    /// </summary>
    private void Follow(ServiceName name, HeldRequests service, ServiceMap map)
    {
        if (name == Registry.Name)
        {
            service.Follow(Reachable(Manager), takesWrites: true);
        }
        else if (!ReferenceEquals(service.Map, map))
        {
            service.Map = map;
            var entry = map.Find(name);
            service.Version = entry?.Configuration.Version ?? ConfigurationVersion.None;
            service.Follow(
                entry is { IsFrozen: false } ? Reachable(entry.Configuration.Primary) : null,
                entry?.TakesWrites == true || (mutations & Mutation.MinInSyncIgnored) != 0);
        }
    }

    private MemberId? Reachable(MemberId? primary) =>
        primary is { } member && (member == self || _open.Contains(member)) ? primary : null;
}
