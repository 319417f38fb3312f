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
    /// <summary>
    /// How much of a service's long requests may have been sent and not answered, by the bytes of their bodies; one may
    /// always. It is well below what may wait on a channel between nodes, which is closed when it is given more.
    /// </summary>
    public const int MostSentBytes = 4 * 1024 * 1024;

    /// <summary>The most by which a long request's time until it is sent again is doubled, time and again.</summary>
    private const int MostDoublings = 5;

    private readonly LinkedList<HeldRequest> _inOrder = [];
    private MemberId? _primary;
    private MemberId? _target;
    private TimeSpan _resendAt = TimeSpan.MaxValue;
    private TimeSpan _expireAt = TimeSpan.MaxValue;
    private long _sentBytes;
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
        else _sentBytes -= place.Value.LongBytes;
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
        request.Resends = 0;
        _sentBytes -= request.LongBytes;
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
        var maySend = request.SentAt is null && isFirst && MaySend(request) && HasRoomFor(request);
        return maySend ? Sent(request, now) : null;
    }

    /// <summary>Adds what is to be sent now to the primary, in order.</summary>
    public void SendDue(TimeSpan now, List<(MemberId To, HeldRequest Request)> due)
    {
        var hasHeld = _heldReads > 0 || (_heldWrites > 0 && _takesWrites);
        if (_primary is null || (!hasHeld && now < _resendAt)) return;
        _resendAt = TimeSpan.MaxValue;
        var writesWait = false;
        foreach (var request in _inOrder)
        {
            if (!MaySend(request)) continue;
            if (request.SentAt is not null)
            {
                if (DueAgain(request) > now) ResendAt(DueAgain(request));
                else due.Add((SentAgain(request, now), request));
            }
            else if (HasRoomFor(request) && (request.Asked.IsRead || !writesWait))
            {
                due.Add((Sent(request, now), request));
            }
            else
            {
                writesWait |= !request.Asked.IsRead;
            }
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

    private bool HasRoomFor(HeldRequest request) => request.LongBytes == 0 || _sentBytes == 0
        || _sentBytes + request.LongBytes <= MostSentBytes;

    private MemberId Sent(HeldRequest request, TimeSpan now)
    {
        Count(request, -1);
        _sentBytes += request.LongBytes;
        return Copy(request, now);
    }

    private MemberId SentAgain(HeldRequest request, TimeSpan now)
    {
        request.Resends++;
        return Copy(request, now);
    }

    private MemberId Copy(HeldRequest request, TimeSpan now)
    {
        request.SentAt = now;
        request.Copies++;
        ResendAt(DueAgain(request));
        return _primary!.Value;
    }

    /// <summary>Copies of a long request that is slow to be answered would fill the channel that is slow.</summary>
    private TimeSpan DueAgain(HeldRequest request)
    {
        var doublings = request.LongBytes > 0 ? Math.Min(request.Resends, MostDoublings) : 0;
        return request.SentAt!.Value + resendAfter * (1 << doublings);
    }

    private void ResendAt(TimeSpan at)
    {
        if (at < _resendAt) _resendAt = at;
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
