using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>One seed's history of connections.</summary>
internal sealed class TcpForwardingRun(ulong seed) : ForwardingRun(seed)
{
    private static readonly TcpBounds _bounds =
        new(TimeSpan.FromSeconds(2), 10, 20, TimeSpan.FromSeconds(1));

    private readonly TcpForwarding _core = new(_bounds);
    private readonly List<TcpEffect> _effects = [];
    private readonly SortedDictionary<long, (long Attempt, NodeId Node)> _underWay = [];
    private readonly SortedDictionary<long, MemberId> _spliced = [];
    private readonly SortedSet<long> _alive = [];
    private bool _isStopping;
    private long _last;

    protected override void Step() => Take(Draw());

    protected override void Check()
    {
        _core.OpenCount.ShouldBe(_spliced.Count, Seed);
        (_core.OpenCount + _core.HeldCount).ShouldBe(_alive.Count, $"{Seed}: one is forgotten");
        _alive.Count.ShouldBeLessThanOrEqualTo(_bounds.MaxConnections, Seed);
    }

    protected override void End()
    {
        _isStopping = true;
        Take(new TcpInput.StopRequested());
        Now += _bounds.Drain;
        Take(TcpInput.Tick.Instance);
        _alive.ShouldBeEmpty($"{Seed}: a node that has stopped has no connections");
    }

    private TcpInput Draw()
    {
        switch (Random.Below(6))
        {
            case 0 or 1: return new TcpInput.Accepted(++_last);
            case 2: return new TcpInput.Learned(DrawRoute());
            case 3 when _underWay.Count > 0:
                var (connection, (attempt, _)) = _underWay.ElementAt(Random.Below(_underWay.Count));
                return Random.Below(3) > 0
                    ? new TcpInput.Connected(connection, attempt)
                    : new TcpInput.ConnectFailed(connection, attempt);
            case 4 when _spliced.Count > 0:
                var ended = _spliced.Keys.ElementAt(Random.Below(_spliced.Count));
                return new TcpInput.Ended(ended);
            default: return TcpInput.Tick.Instance;
        }
    }

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
        _core.Step(Now, input, _effects);
        foreach (var effect in _effects) Perform(effect, input);
    }

    private void Perform(TcpEffect effect, TcpInput input)
    {
        switch (effect)
        {
            case TcpEffect.Connect connect:
                MayForward.ShouldBeTrue($"{Seed}: connected without a right to");
                connect.Node.ShouldBe(Route.Primary!.Value.Node, Seed);
                _alive.ShouldContain(connect.Connection, Seed);
                _underWay[connect.Connection] = (connect.Attempt, connect.Node);
                break;
            case TcpEffect.Splice splice:
                input.ShouldBeOfType<TcpInput.Connected>(Seed);
                MayForward.ShouldBeTrue($"{Seed}: spliced without a right to");
                _underWay.Remove(splice.Connection, out var made).ShouldBeTrue(Seed);
                made.Node.ShouldBe(Route.Primary!.Value.Node, $"{Seed}: spliced to another than the primary");
                _spliced.Add(splice.Connection, Route.Primary.Value);
                break;
            case TcpEffect.Close close:
                _alive.Remove(close.Connection).ShouldBeTrue($"{Seed}: closed twice");
                _underWay.Remove(close.Connection);
                if (_spliced.Remove(close.Connection, out var backend) && !_isStopping) ShouldLeave(backend);
                break;
            default: throw new InvalidOperationException($"{effect}");
        }
    }
}
