using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>
/// One seed's history of answers and primaries, held against a dumb version that remembers since when each answer has
/// had no primary.
/// </summary>
internal sealed class OpenAnswersRun(ulong seed)
{
    private const int Steps = 300;

    private static readonly HttpBounds _bounds = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

    private readonly SeededRandom _random = new(seed);
    private readonly OpenAnswers _core = new(_bounds);
    private readonly SortedDictionary<long, Open> _open = [];
    private BackendRoute _route = BackendRoute.None;
    private TimeSpan _now;
    private long _last;
    private long _version = 1;

    private sealed class Open(AnswerInput.Asked asked)
    {
        public AnswerInput.Asked Asked => asked;

        public bool HasBegun { get; set; }

        public TimeSpan? DeposedAt { get; private set; }

        /// <summary>Whether nothing was waited for when its primary was none any more.</summary>
        public bool MayBeLeft { get; private set; }

        public void Look(bool isOfPrimary, TimeSpan now)
        {
            if (DeposedAt is null) MayBeLeft = asked.MayBeLeft || HasBegun;
            DeposedAt = isOfPrimary ? null : DeposedAt ?? now;
        }
    }

    public void Run()
    {
        for (var step = 0; step < Steps; step++)
        {
            Take(Draw());
            Check();
        }

        Take(new AnswerInput.Learned(_route = BackendRoute.None));
        _now += _bounds.Hold;
        Take(AnswerInput.Tick.Instance);
        (_open.Count, _core.Count).ShouldBe((0, 0), $"seed {seed}: a node that knows nothing has no answers");
    }

    private AnswerInput Draw()
    {
        _now += TimeSpan.FromMilliseconds(_random.Below(200));
        switch (_random.Below(7))
        {
            case 0 or 1: return DrawAsked();
            case 2: return new AnswerInput.Learned(_route = DrawRoute());
            case 3 or 4 when _open.Count > 0: return new AnswerInput.Begun(DrawOpen());
            case 5 when _open.Count > 0: return new AnswerInput.Ended(DrawOpen());
            default: return AnswerInput.Tick.Instance;
        }
    }

    private AnswerInput.Asked DrawAsked() => new(
        ++_last,
        new NodeId($"n{_random.Below(3) + 1}"),
        new ConfigurationVersion(_version + _random.Below(3)),
        MayBeLeft: _random.Below(2) == 0);

    private BackendRoute DrawRoute()
    {
        MemberId[] members = [.. Enumerable.Range(1, 3).Where(_ => _random.Below(5) > 0).Select(Member)];
        var primary = members.Length == 0 || _random.Below(5) == 0 ? (MemberId?)null
            : members[_random.Below(members.Length)];
        var until = _now + TimeSpan.FromMilliseconds(_random.Below(1500));
        return TcpForwardingRun.RouteTo(primary, _last, until, members) with
        {
            Version = new ConfigurationVersion(_version += _random.Below(2)),
            IsPlanned = _random.Below(2) == 0,
            IsUnknown = _random.Below(50) == 0,
        };
    }

    private static MemberId Member(int node) => new(new NodeId($"n{node}"), new Incarnation(1, 7));

    private long DrawOpen() => _open.Keys.ElementAt(_random.Below(_open.Count));

    private void Take(AnswerInput input)
    {
        if (input is not AnswerInput.Learned) Look(); // The lease may have ended before.
        switch (input)
        {
            case AnswerInput.Asked asked: _open.Add(asked.Answer, new Open(asked)); break;
            case AnswerInput.Begun begun: _open[begun.Answer].HasBegun = true; break;
            case AnswerInput.Ended ended: _open.Remove(ended.Answer); break;
            default: break;
        }

        Look();
        List<long> cut = [];
        _core.Step(_now, input, cut);
        foreach (var number in cut)
        {
            var open = _open[number];
            open.DeposedAt.ShouldNotBeNull($"seed {seed}: {number} was cut at its primary");
            var least = open.MayBeLeft ? TimeSpan.Zero : _bounds.Hold;
            (_now - open.DeposedAt.Value).ShouldBeGreaterThanOrEqualTo(least, $"seed {seed}: {number} was cut early");
            _open.Remove(number).ShouldBeTrue($"seed {seed}");
        }
    }

    private void Look()
    {
        foreach (var (_, open) in _open) open.Look(IsOfPrimary(open.Asked), _now);
    }

    private bool IsOfPrimary(AnswerInput.Asked asked) =>
        _now < _route.Until && !_route.IsUnknown
        && (asked.Version > _route.Version || _route.Primary?.Node == asked.Node);

    /// <summary>What is deposed is there for a reason that still holds, and for a time that is not over.</summary>
    private void Check()
    {
        _core.Count.ShouldBe(_open.Count, $"seed {seed}");
        foreach (var (number, open) in _open.Where(each => each.Value.DeposedAt is not null))
        {
            var since = _now - open.DeposedAt!.Value;
            since.ShouldBeLessThan(_bounds.Hold, $"seed {seed}: {number} goes on");
            _core.NextAt.ShouldNotBeNull($"seed {seed}: nobody looks after {number}");
            if (!open.MayBeLeft) continue;
            var mayDrain = _route.IsPlanned && _route.View?.MemberOn(open.Asked.Node) is not null;
            mayDrain.ShouldBeTrue($"seed {seed}: {number} drains after a failover");
            since.ShouldBeLessThan(_bounds.Drain, $"seed {seed}: {number} drains on");
        }
    }
}
