using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>One seed's history of connections and primaries, held against what must be after each step.</summary>
internal sealed class TcpForwardingRun(ulong seed)
{
    private const int Steps = 300;

    private static readonly TcpBounds _bounds =
        new(TimeSpan.FromSeconds(2), 10, 20, TimeSpan.FromSeconds(1));

    private readonly SeededRandom _random = new(seed);
    private readonly TcpForwarding _core = new(_bounds);
    private readonly List<TcpEffect> _effects = [];
    private readonly SortedDictionary<long, (long Attempt, NodeId Node)> _underWay = [];
    private readonly SortedDictionary<long, NodeId> _spliced = [];
    private readonly SortedSet<long> _alive = [];
    private BackendRoute _route = BackendRoute.None;
    private TimeSpan _now;
    private long _last;

    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            Take(Draw());
            Check();
        }

        Take(new TcpInput.StopRequested());
        _now += _bounds.Drain;
        Take(TcpInput.Tick.Instance);
        _alive.ShouldBeEmpty($"seed {seed}: a node that has stopped has no connections");
    }

    public static BackendRoute RouteTo(
        MemberId? primary, long epoch, TimeSpan until, params MemberId[] members) => new()
        {
            Primary = primary,
            Until = until,
            View = new View(
            new ClusterId(1),
            new Epoch(epoch),
            0,
            [],
            [.. members.Select(member => new Member(member, new DiskId(1), NodeKind.Voter))],
            [],
            null,
            default),
        };

    private TcpInput Draw()
    {
        _now += TimeSpan.FromMilliseconds(_random.Below(200));
        switch (_random.Below(6))
        {
            case 0 or 1: return new TcpInput.Accepted(++_last);
            case 2: return new TcpInput.Learned(_route = DrawRoute());
            case 3 when _underWay.Count > 0:
                var (connection, (attempt, _)) = _underWay.ElementAt(_random.Below(_underWay.Count));
                return _random.Below(3) > 0
                    ? new TcpInput.Connected(connection, attempt)
                    : new TcpInput.ConnectFailed(connection, attempt);
            case 4 when _spliced.Count > 0:
                var ended = _spliced.Keys.ElementAt(_random.Below(_spliced.Count));
                return new TcpInput.Ended(ended);
            default: return TcpInput.Tick.Instance;
        }
    }

    private BackendRoute DrawRoute()
    {
        MemberId[] members = [.. Enumerable.Range(1, 3).Select(i => Member(i, (ulong)_random.Below(2) + 1))];
        var primary = _random.Below(4) == 0 ? (MemberId?)null : members[_random.Below(3)];
        return RouteTo(primary, _last, _now + TimeSpan.FromMilliseconds(_random.Below(500)), members) with
        {
            IsFrozen = _random.Below(5) == 0,
            IsPlanned = _random.Below(2) == 0,
            IsUnknown = _random.Below(50) == 0,
        };
    }

    private static MemberId Member(int node, ulong counter) =>
        new(new NodeId($"n{node}"), new Incarnation(counter, 7));

    private void Take(TcpInput input)
    {
        switch (input)
        {
            case TcpInput.Accepted accepted: _alive.Add(accepted.Connection); break;
            case TcpInput.ConnectFailed failed: _underWay.Remove(failed.Connection); break;
            case TcpInput.Ended ended:
                _spliced.Remove(ended.Connection);
                _alive.Remove(ended.Connection);
                break;
            default: break;
        }

        _effects.Clear();
        _core.Step(_now, input, _effects);
        foreach (var effect in _effects) Perform(effect, input);
    }

    private void Perform(TcpEffect effect, TcpInput input)
    {
        switch (effect)
        {
            case TcpEffect.Connect connect:
                MayForward.ShouldBeTrue($"seed {seed}: connected without a right to");
                connect.Node.ShouldBe(_route.Primary!.Value.Node, $"seed {seed}");
                _alive.ShouldContain(connect.Connection, $"seed {seed}");
                _underWay[connect.Connection] = (connect.Attempt, connect.Node);
                break;
            case TcpEffect.Splice splice:
                input.ShouldBeOfType<TcpInput.Connected>($"seed {seed}");
                MayForward.ShouldBeTrue($"seed {seed}: spliced without a right to");
                _underWay.Remove(splice.Connection, out var made).ShouldBeTrue($"seed {seed}");
                made.Node.ShouldBe(_route.Primary!.Value.Node, $"seed {seed}: spliced to another than the primary");
                _spliced.Add(splice.Connection, made.Node);
                break;
            case TcpEffect.Close close:
                _alive.Remove(close.Connection).ShouldBeTrue($"seed {seed}: closed twice");
                _underWay.Remove(close.Connection);
                _spliced.Remove(close.Connection);
                break;
            default: throw new InvalidOperationException($"{effect}");
        }
    }

    private bool MayForward => _route.Primary is not null && _now < _route.Until && !_route.IsFrozen;

    private void Check()
    {
        _core.OpenCount.ShouldBe(_spliced.Count, $"seed {seed}");
        (_core.OpenCount + _core.HeldCount).ShouldBe(_alive.Count, $"seed {seed}: one is forgotten");
        _alive.Count.ShouldBeLessThanOrEqualTo(_bounds.MaxConnections, $"seed {seed}");
    }
}
