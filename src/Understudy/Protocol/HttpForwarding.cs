using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// Decides for one service on one node what becomes of the requests for its program (steps 404-412): each is held until
/// there is a primary, forwarded to that one's backend, and taken back when it is primary no more; what may be sent
/// again then waits for the next. A node forwards only while it is a member and its view lease lasts. How many may wait
/// is decided before (<see cref="RequestAdmission"/>).
/// </summary>
internal sealed class HttpForwarding(HttpBounds bounds)
{
    /// <summary>A backend that took no connection is tried again after this, by one request first.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A request at which the connection broke so often is not sent again: it may be what breaks it.</summary>
    public const int MaxBreaks = 3;

    private readonly SortedDictionary<long, Request> _requests = [];
    private readonly SortedSet<long> _held = [];
    private readonly SortedSet<long> _live = [];
    private readonly Queue<(TimeSpan Until, long Request)> _draining = new();
    private List<HttpEffect> _effects = [];
    private BackendRoute _route = BackendRoute.None;
    private TimeSpan _now;
    private TimeSpan? _retryAt;
    private long? _probe;

    private sealed class Request(TimeSpan deadline)
    {
        public TimeSpan Deadline { get; } = deadline;

        /// <summary>To whom it is forwarded, or is taken back from; null while it is held.</summary>
        public MemberId? Backend { get; set; }

        public bool IsDraining { get; set; }

        /// <summary>How often its connection broke, other than by being cut.</summary>
        public int Breaks { get; set; }
    }

    /// <summary>How many are forwarded and not answered.</summary>
    public int ForwardedCount => _requests.Count - _held.Count;

    /// <summary>How many wait.</summary>
    public int HeldCount => _held.Count;

    /// <summary>How many were told that they are not taken.</summary>
    public long Refused { get; private set; }

    /// <summary>When something is to be done if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            TimeSpan? next = null;
            Sooner(_held.Count > 0 ? _requests[_held.Min].Deadline : null);
            Sooner(_draining.TryPeek(out var first) ? first.Until : null);
            Sooner(_held.Count > 0 && _retryAt > _now ? _retryAt : null);
            Sooner(_now < _route.Until && ForwardedCount > 0 ? _route.Until : null);
            return next;

            void Sooner(TimeSpan? at) => next = next is null || at < next ? at ?? next : next;
        }
    }

    /// <param name="now">The clock of the route's lease.</param>
    /// <param name="input">What happened.</param>
    /// <param name="effects">What is to be done about it is added here, in order.</param>
    public void Step(TimeSpan now, HttpInput input, List<HttpEffect> effects)
    {
        Invariant.Holds(now >= _now, "A node's clock does not go back");
        _now = now;
        _effects = effects;
        switch (input)
        {
            case HttpInput.Tick: Reconsider(); break;
            case HttpInput.Learned learned: Learn(learned.Route); break;
            case HttpInput.Arrived arrived: Arrive(arrived); break;
            case HttpInput.Connected connected: OnConnected(connected.Request); break;
            case HttpInput.NotTaken refused: OnNotTaken(refused.Request); break;
            case HttpInput.Broken broken: OnBroken(broken.Request); break;
            case HttpInput.Ended ended: End(ended.Request); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }
    }

    private bool MayForward => _route is { Primary: not null, IsFrozen: false } && _now < _route.Until;

    private void Arrive(HttpInput.Arrived arrived)
    {
        _requests.Add(arrived.Request, new Request(_now + bounds.Hold));
        Hold(arrived.Request);
        Reconsider();
    }

    private void OnConnected(long number)
    {
        if (_live.Contains(number)) (_retryAt, _probe) = (null, null); // The others need not wait for a probe.
        Reconsider(); // The lease may have ended in this very moment.
    }

    private void OnNotTaken(long number)
    {
        if (_live.Contains(number)) _retryAt = _now + RetryAfter;
        HoldAgain(number);
    }

    private void OnBroken(long number)
    {
        if (_live.Contains(number) && ++_requests[number].Breaks >= MaxBreaks)
        {
            Refuse(number, HttpRefusal.Broken);
            Reconsider();
        }
        else
        {
            HoldAgain(number);
        }
    }

    private void HoldAgain(long number)
    {
        var request = _requests[number];
        (request.Backend, request.IsDraining) = (null, false);
        _live.Remove(number);
        Hold(number);
        Reconsider();
    }

    private void End(long number)
    {
        Forget(number);
        Reconsider(); // It may have been the one that tried whether the backend takes connections again.
    }

    private void Learn(BackendRoute route)
    {
        var before = _route;
        _route = route;
        if (route.Primary != before.Primary) (_retryAt, _probe) = (null, null);
        if (route.Primary != before.Primary || route.View != before.View) CutMoved();
        Reconsider();
    }

    /// <summary>What the time, or the route, has made of what there is.</summary>
    private void Reconsider()
    {
        if (_now >= _route.Until)
        {
            // Who has no lease may be deposed and not know it.
            while (_live.Count > 0) Cut(_live.Min);
        }

        while (_draining.TryPeek(out var drained) && drained.Until <= _now)
        {
            _draining.Dequeue();
            if (_live.Contains(drained.Request) && _requests[drained.Request].IsDraining) Cut(drained.Request);
        }

        while (_held.Count > 0 && _route.IsUnknown) Refuse(_held.Min, HttpRefusal.UnknownService);
        while (_held.Count > 0 && _requests[_held.Min].Deadline <= _now)
            Refuse(_held.Min, MayForward && _retryAt is not null ? HttpRefusal.NoConnection : HttpRefusal.Late);
        ForwardHeld();
    }

    /// <summary>In the order in which they came.</summary>
    private void ForwardHeld()
    {
        while (_held.Count > 0 && MayForward && _probe is null && !(_now < _retryAt))
        {
            var number = _held.Min;
            if (_retryAt is not null) _probe = number;
            _held.Remove(number);
            _requests[number].Backend = _route.Primary;
            _live.Add(number);
            _effects.Add(new HttpEffect.Forward(number, _route.Primary!.Value.Node));
        }
    }

    private void CutMoved()
    {
        foreach (var number in _live.ToList())
        {
            var request = _requests[number];
            if (request.Backend == _route.Primary) continue;
            var mayDrain = _route.IsPlanned && _route.View?.Contains(request.Backend!.Value) == true;
            if (!mayDrain || bounds.Drain <= TimeSpan.Zero) Cut(number);
            else if (!request.IsDraining) Drain(number, request);
        }
    }

    private void Drain(long number, Request request)
    {
        request.IsDraining = true;
        _draining.Enqueue((_now + bounds.Drain, number));
    }

    private void Cut(long number)
    {
        _live.Remove(number);
        _effects.Add(new HttpEffect.Cut(number));
    }

    private void Hold(long number)
    {
        if (_probe == number) _probe = null;
        _held.Add(number);
    }

    private void Refuse(long number, HttpRefusal why)
    {
        Refused++;
        Forget(number);
        _effects.Add(new HttpEffect.Refuse(number, why));
    }

    private void Forget(long number)
    {
        if (_probe == number) _probe = null;
        _held.Remove(number);
        _live.Remove(number);
        _requests.Remove(number);
    }
}
