using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// Decides for one service on one node what becomes of clients' TCP connections (steps 404-412): each is held until
/// there is a primary, spliced to that one's backend, and closed when it is primary no more. A node forwards only
/// while it is a member and its view lease lasts.
/// </summary>
/// <param name="bounds">What it grants them.</param>
/// <param name="mutations">Rules that are switched off, in tests.</param>
internal sealed class TcpForwarding(TcpBounds bounds, Mutation mutations = Mutation.None)
{
    /// <summary>So many attempts to connect are under way at one time: a backend's own queue is short.</summary>
    public const int MaxConnecting = 64;

    /// <summary>A backend that took no connection is tried again after this, by one connection first.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly SortedDictionary<long, Waiting> _waiting = [];
    private readonly SortedSet<long> _held = [];
    private readonly AtBackends _open = new(bounds.Drain);
    private List<TcpEffect> _effects = [];
    private TimeSpan _now;
    private TimeSpan? _retryAt;
    private bool _isStopping;
    private long _lastAttempt;

    /// <summary>A connection without a backend.</summary>
    private sealed class Waiting(TimeSpan deadline)
    {
        public TimeSpan Deadline { get; } = deadline;

        /// <summary>The attempt that is under way; 0 while it is held.</summary>
        public long Attempt { get; set; }
    }

    /// <summary>How many connections are spliced.</summary>
    public int OpenCount => _open.Count;

    /// <summary>How many wait for a backend.</summary>
    public int HeldCount => _waiting.Count;

    /// <summary>How many were closed without having reached a backend.</summary>
    public long Refused { get; private set; }

    /// <summary>When something is to be done if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            TimeSpan? next = null;
            Sooner(_waiting.Count > 0 ? _waiting.Values.First().Deadline : null);
            Sooner(_open.NextAt(_now));
            Sooner(_held.Count > 0 && _retryAt > _now ? _retryAt : null);
            Sooner(_now < Route.Until && _waiting.Count > _held.Count ? Route.Until : null);
            return next;

            void Sooner(TimeSpan? at) => next = next is null || at < next ? at ?? next : next;
        }
    }

    /// <param name="now">The clock of the route's lease.</param>
    /// <param name="input">What happened.</param>
    /// <param name="effects">What is to be done about it is added here, in order.</param>
    public void Step(TimeSpan now, TcpInput input, List<TcpEffect> effects)
    {
        Invariant.Holds(now >= _now, "A node's clock does not go back");
        _now = now;
        _effects = effects;
        switch (input)
        {
            case TcpInput.Tick: Reconsider(); break;
            case TcpInput.Learned learned: Learn(learned.Route); break;
            case TcpInput.Accepted accepted: Accept(accepted.Connection); break;
            case TcpInput.Connected connected: OnConnected(connected); break;
            case TcpInput.ConnectFailed failed: OnConnectFailed(failed); break;
            case TcpInput.Ended ended: _open.Remove(ended.Connection); break;
            case TcpInput.StopRequested: Stop(); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }
    }

    private BackendRoute Route => _open.Route;

    private bool Allows(Mutation rule) => (mutations & rule) == 0;

    private void Accept(long connection)
    {
        if (_isStopping || Route.IsUnknown || _waiting.Count + _open.Count >= bounds.MaxConnections)
        {
            Refuse(connection);
            return;
        }

        _waiting.Add(connection, new Waiting(_now + bounds.Hold));
        _held.Add(connection);
        ConnectHeld();
        if (_held.Count > bounds.MaxHeld) Refuse(_held.Max); // It came last.
    }

    private void OnConnected(TcpInput.Connected connected)
    {
        if (!IsUnderWay(connected.Connection, connected.Attempt)) return;
        if (!_open.MayForward(_now))
        {
            Reconsider(); // The lease has ended in this very moment.
            return;
        }

        _retryAt = null;
        _waiting.Remove(connected.Connection);
        _open.Add(connected.Connection);
        _effects.Add(new TcpEffect.Splice(connected.Connection));
        ConnectHeld();
    }

    private void OnConnectFailed(TcpInput.ConnectFailed failed)
    {
        if (!IsUnderWay(failed.Connection, failed.Attempt)) return;
        HoldAgain(failed.Connection);
        _retryAt = _now + RetryAfter;
    }

    // Whatever is said of an attempt that another one has replaced means nothing.
    private bool IsUnderWay(long connection, long attempt) =>
        _waiting.TryGetValue(connection, out var waiting) && waiting.Attempt == attempt;

    private void Learn(BackendRoute route)
    {
        var hasMoved = _open.Learn(_now, route);
        if (hasMoved) _retryAt = null;
        if (hasMoved || route.IsFrozen) HoldAllAgain();
        Reconsider();
    }

    private void Stop()
    {
        _isStopping = true;
        foreach (var connection in _waiting.Keys.ToList()) Refuse(connection);
        _open.Stop(_now);
        Reconsider();
    }

    /// <summary>What the time, or the route, has made of what there is.</summary>
    private void Reconsider()
    {
        if (_now >= Route.Until) HoldAllAgain();
        while (Allows(Mutation.TcpOpenAtLeaseEnd) && _open.TryTakeUnleased(_now, out var unleased)) Close(unleased);
        while (Allows(Mutation.TcpOpenWhenMoved) && _open.TryTakeMoved(_now, out var moved)) Close(moved);
        while (_waiting.Count > 0)
        {
            var (first, waiting) = _waiting.First();
            var isOver = waiting.Deadline <= _now && Allows(Mutation.TcpHeldForEver);
            if (!Route.IsUnknown && !isOver) break;
            Refuse(first);
        }

        ConnectHeld();
    }

    /// <summary>In the order in which they came.</summary>
    private void ConnectHeld()
    {
        if (!_open.MayForward(_now) || Route.IsFrozen || _isStopping || _now < _retryAt) return;
        var most = _retryAt is null ? MaxConnecting : 1;
        while (_held.Count > 0 && _waiting.Count - _held.Count < most)
        {
            var connection = Allows(Mutation.TcpOvertakes) ? _held.Min : _held.Max;
            _held.Remove(connection);
            _waiting[connection].Attempt = ++_lastAttempt;
            _effects.Add(new TcpEffect.Connect(connection, _lastAttempt, Route.Primary!.Value.Node));
        }
    }

    private void HoldAllAgain()
    {
        if (_waiting.Count == _held.Count) return;
        foreach (var connection in _waiting.Keys) HoldAgain(connection);
    }

    private void HoldAgain(long connection)
    {
        _waiting[connection].Attempt = 0;
        _held.Add(connection);
    }

    private void Refuse(long connection)
    {
        Refused++;
        _waiting.Remove(connection);
        _held.Remove(connection);
        _effects.Add(new TcpEffect.Close(connection));
    }

    private void Close(long connection) => _effects.Add(new TcpEffect.Close(connection));
}
