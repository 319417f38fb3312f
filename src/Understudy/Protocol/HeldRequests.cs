using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>
/// The requests of one service that a gateway has not answered, in the order in which they came. Looks at all of them
/// only when something has happened to the service, or when what was sent is to be sent again.
/// </summary>
/// <param name="resendAfter">What was not answered for so long is sent again.</param>
internal sealed class HeldRequests(TimeSpan resendAfter)
{
    private readonly LinkedList<HeldRequest> _inOrder = [];
    private MemberId? _primary;
    private MemberId? _target;
    private TimeSpan _resendAt = TimeSpan.MaxValue;
    private TimeSpan _expireAt = TimeSpan.MaxValue;
    private bool _takesWrites;
    private int _heldReads;
    private int _heldWrites;

    public bool IsEmpty => _inOrder.Count == 0;

    /// <summary>The lowest number of a request that is not answered.</summary>
    public long Lowest => _inOrder.First!.Value.Number;

    /// <summary>The map that it was last told about.</summary>
    public ServiceMap? Map { get; set; }

    /// <summary>The configuration in that map; none of what is no service there.</summary>
    public ConfigurationVersion Version { get; set; } = ConfigurationVersion.None;

    public LinkedListNode<HeldRequest> Add(HeldRequest request)
    {
        Count(request, 1);
        if (request.Deadline < _expireAt) _expireAt = request.Deadline;
        return _inOrder.AddLast(request);
    }

    public void Remove(LinkedListNode<HeldRequest> place)
    {
        if (place.Value.SentAt is null) Count(place.Value, -1);
        _inOrder.Remove(place);
    }

    /// <summary>Where they go from now on.</summary>
    /// <param name="primary">Who takes them; null while nobody does.</param>
    /// <param name="takesWrites">Whether it takes what changes something.</param>
    public void Follow(MemberId? primary, bool takesWrites)
    {
        (_primary, _takesWrites) = (primary, takesWrites);
        if (primary is null || primary == _target) return; // What was sent to the last one may be answered still.
        HoldAll();
        _target = primary;
    }

    /// <summary>The request is held again: who was asked did not take it.</summary>
    public void Hold(HeldRequest request)
    {
        if (request.SentAt is null) return;
        request.SentAt = null;
        Count(request, 1);
    }

    /// <summary>What was sent to this peer is held again.</summary>
    public void LoseChannel(MemberId peer)
    {
        if (peer == _target) HoldAll();
    }

    /// <summary>Whom to send a request to that has just come; null if it has to wait, if only for its turn.</summary>
    public MemberId? Send(HeldRequest request, TimeSpan now)
    {
        var isFirst = (request.Asked.IsRead ? _heldReads : _heldWrites) == 1;
        return request.SentAt is null && isFirst && MaySend(request) ? Sent(request, now) : null;
    }

    /// <summary>Adds what is to be sent now to the primary, in order.</summary>
    public void SendDue(TimeSpan now, List<(MemberId To, HeldRequest Request)> due)
    {
        var hasHeld = _heldReads > 0 || (_heldWrites > 0 && _takesWrites);
        if (_primary is null || (!hasHeld && now < _resendAt)) return;
        _resendAt = TimeSpan.MaxValue;
        foreach (var request in _inOrder)
        {
            if (!MaySend(request)) continue;
            if (request.SentAt is { } sentAt && sentAt + resendAfter > now) ResendAt(sentAt);
            else due.Add((Sent(request, now), request));
        }
    }

    /// <summary>
    /// Adds those whose deadline has passed, in order. One that came later may have an earlier deadline: a service has
    /// other bounds from the moment on at which the node knows it.
    /// </summary>
    public void FindExpired(TimeSpan now, List<HeldRequest> expired)
    {
        if (now < _expireAt) return;
        _expireAt = TimeSpan.MaxValue;
        foreach (var request in _inOrder)
        {
            if (request.Deadline <= now) expired.Add(request);
            else if (request.Deadline < _expireAt) _expireAt = request.Deadline;
        }
    }

    private bool MaySend(HeldRequest request) => _primary is not null && (request.Asked.IsRead || _takesWrites);

    private MemberId Sent(HeldRequest request, TimeSpan now)
    {
        if (request.SentAt is null) Count(request, -1);
        request.SentAt = now;
        request.Copies++;
        ResendAt(now);
        return _primary!.Value;
    }

    private void ResendAt(TimeSpan sentAt)
    {
        if (sentAt + resendAfter < _resendAt) _resendAt = sentAt + resendAfter;
    }

    private void HoldAll()
    {
        foreach (var request in _inOrder) Hold(request);
    }

    private void Count(HeldRequest request, int more)
    {
        if (request.Asked.IsRead) _heldReads += more;
        else _heldWrites += more;
    }
}
