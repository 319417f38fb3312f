using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// Decides for one service on one node what becomes of the requests for its program (steps 404-412): each is held until
/// there is a primary, forwarded to that one's backend, and taken back when it is primary no more; what may be sent
/// again then waits for the next. A node forwards only while it is a member and its view lease lasts. How many may wait
/// is decided before (<see cref="RequestAdmission"/>).
/// </summary>
/// <param name="bounds">What it grants them.</param>
/// <param name="mutations">Rules that are switched off, in tests.</param>
internal sealed class HttpForwarding(HttpBounds bounds, Mutation mutations = Mutation.None)
{
    /// <summary>A backend that took no connection is tried again after this, by one request first.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A request at which the connection broke so often is not sent again: it may be what breaks it.</summary>
    public const int MaxBreaks = 3;

    private readonly SortedDictionary<long, Request> _requests = [];
    private readonly SortedSet<long> _held = [];
    private readonly AtBackends _live = new(bounds.Drain);
    private List<HttpEffect> _effects = [];
    private TimeSpan _now;
    private TimeSpan? _retryAt;
    private long? _probe;

    private sealed class Request(TimeSpan deadline, bool mayRepeat)
    {
        public TimeSpan Deadline { get; } = deadline;

        public bool MayRepeat { get; } = mayRepeat;

        /// <summary>How often its connection broke, other than by being cut.</summary>
        public int Breaks { get; set; }
    }

    /// <summary>How many are forwarded and not answered.</summary>
    public int ForwardedCount => _requests.Count - _held.Count;

    /// <summary>How many wait.</summary>
    public int HeldCount => _held.Count;

    /// <summary>How many were told that they are not answered.</summary>
    public long Refused { get; private set; }

    /// <summary>When something is to be done if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            TimeSpan? next = null;
            Sooner(_held.Count > 0 ? _requests[_held.Min].Deadline : null);
            Sooner(_live.NextAt(_now));
            Sooner(_held.Count > 0 && _retryAt > _now ? _retryAt : null);
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

    private BackendRoute Route => _live.Route;

    private bool MayForward => _live.MayForward(_now) && !Route.IsFrozen;

    private bool Allows(Mutation rule) => (mutations & rule) == 0;

    private void Arrive(HttpInput.Arrived arrived)
    {
        _requests.Add(arrived.Request, new Request(_now + bounds.Hold, arrived.MayRepeat));
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
        Reconsider();
    }

    private void OnBroken(long number)
    {
        var request = _requests[number];
        var breaks = _live.Contains(number) ? ++request.Breaks : 0;
        if (!request.MayRepeat && Allows(Mutation.HttpSentTwice)) Refuse(number, HttpRefusal.Unknown);
        else if (breaks >= MaxBreaks) Refuse(number, HttpRefusal.Broken);
        else HoldAgain(number);
        Reconsider();
    }

    private void HoldAgain(long number)
    {
        _live.Remove(number);
        Hold(number);
    }

    private void End(long number)
    {
        Forget(number);
        Reconsider(); // It may have been the one that tried whether the backend takes connections again.
    }

    private void Learn(BackendRoute route)
    {
        if (_live.Learn(_now, route)) (_retryAt, _probe) = (null, null);
        Reconsider();
    }

    /// <summary>What the time, or the route, has made of what there is.</summary>
    private void Reconsider()
    {
        while (Allows(Mutation.HttpUncutAtLeaseEnd) && _live.TryTakeUnleased(_now, out var unleased)) Cut(unleased);
        while (Allows(Mutation.HttpUncutWhenMoved) && _live.TryTakeMoved(_now, out var moved)) Cut(moved);
        while (_held.Count > 0 && Route.IsUnknown) Refuse(_held.Min, HttpRefusal.UnknownService);
        while (_held.Count > 0 && _requests[_held.Min].Deadline <= _now && Allows(Mutation.HttpHeldForEver))
            Refuse(_held.Min, MayForward && _retryAt is not null ? HttpRefusal.NoConnection : HttpRefusal.Late);
        ForwardHeld();
    }

    /// <summary>In the order in which they came.</summary>
    private void ForwardHeld()
    {
        while (_held.Count > 0 && MayForward && _probe is null && !(_now < _retryAt))
        {
            var number = Allows(Mutation.HttpOvertakes) ? _held.Min : _held.Max;
            if (_retryAt is not null) _probe = number;
            _held.Remove(number);
            _live.Add(number);
            _effects.Add(new HttpEffect.Forward(number, Route.Primary!.Value.Node));
        }
    }

    private void Cut(long number) => _effects.Add(new HttpEffect.Cut(number));

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
