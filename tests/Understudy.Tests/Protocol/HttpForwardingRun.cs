using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>One seed's history of requests and primaries, held against what must be after each step.</summary>
internal sealed class HttpForwardingRun(ulong seed)
{
    private const int Steps = 300;

    private static readonly HttpBounds _bounds = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

    private readonly SeededRandom _random = new(seed);
    private readonly HttpForwarding _core = new(_bounds);
    private readonly List<HttpEffect> _effects = [];
    private readonly SortedSet<long> _waiting = [];
    private readonly SortedSet<long> _forwarded = [];
    private readonly SortedSet<long> _cut = [];
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

        Take(new HttpInput.Learned(_route = BackendRoute.None));
        _forwarded.ToArray().ShouldBe(_cut.ToArray(), $"seed {seed}: a node that knows nothing forwards nothing");
        foreach (var number in _forwarded.ToList()) Take(new HttpInput.Broken(number));
        _now += _bounds.Hold;
        Take(HttpInput.Tick.Instance);
        _waiting.ShouldBeEmpty($"seed {seed}: nothing waits for ever");
    }

    private HttpInput Draw()
    {
        _now += TimeSpan.FromMilliseconds(_random.Below(200));
        switch (_random.Below(7))
        {
            case 0 or 1: return new HttpInput.Arrived(++_last);
            case 2: return new HttpInput.Learned(_route = DrawRoute());
            case 3 or 4 when _forwarded.Count > 0:
                var number = _forwarded.ElementAt(_random.Below(_forwarded.Count));
                return _random.Below(4) switch
                {
                    0 => new HttpInput.Connected(number),
                    1 => new HttpInput.NotTaken(number),
                    2 => new HttpInput.Broken(number),
                    _ => new HttpInput.Ended(number),
                };
            case 5 when _waiting.Count > 0:
                return new HttpInput.Ended(_waiting.ElementAt(_random.Below(_waiting.Count)));
            default: return HttpInput.Tick.Instance;
        }
    }

    private BackendRoute DrawRoute()
    {
        MemberId[] members = [.. Enumerable.Range(1, 3).Select(i => Member(i, (ulong)_random.Below(2) + 1))];
        var primary = _random.Below(4) == 0 ? (MemberId?)null : members[_random.Below(3)];
        var until = _now + TimeSpan.FromMilliseconds(_random.Below(500));
        return TcpForwardingRun.RouteTo(primary, _last, until, members) with
        {
            IsFrozen = _random.Below(5) == 0,
            IsPlanned = _random.Below(2) == 0,
            IsUnknown = _random.Below(50) == 0,
        };
    }

    private static MemberId Member(int node, ulong counter) =>
        new(new NodeId($"n{node}"), new Incarnation(counter, 7));

    private void Take(HttpInput input)
    {
        switch (input)
        {
            case HttpInput.Arrived arrived: _waiting.Add(arrived.Request); break;
            case HttpInput.NotTaken not: WaitAgain(not.Request); break;
            case HttpInput.Broken broken: WaitAgain(broken.Request); break;
            case HttpInput.Ended ended:
                _forwarded.Remove(ended.Request);
                _waiting.Remove(ended.Request);
                _cut.Remove(ended.Request);
                break;
            default: break;
        }

        _effects.Clear();
        _core.Step(_now, input, _effects);
        foreach (var effect in _effects) Perform(effect);
    }

    private void WaitAgain(long number)
    {
        _forwarded.Remove(number);
        _waiting.Add(number);
        _cut.Remove(number);
    }

    private void Perform(HttpEffect effect)
    {
        switch (effect)
        {
            case HttpEffect.Forward forward:
                MayForward.ShouldBeTrue($"seed {seed}: forwarded without a right to");
                forward.Node.ShouldBe(_route.Primary!.Value.Node, $"seed {seed}");
                forward.Request.ShouldBe(_waiting.First(), $"seed {seed}: out of order");
                _waiting.Remove(forward.Request);
                _forwarded.Add(forward.Request);
                break;
            case HttpEffect.Cut cut:
                _forwarded.ShouldContain(cut.Request, $"seed {seed}");
                _cut.Add(cut.Request).ShouldBeTrue($"seed {seed}: cut twice");
                break;
            case HttpEffect.Refuse refuse:
                _waiting.Remove(refuse.Request).ShouldBeTrue($"seed {seed}: {refuse} did not wait");
                break;
            default: throw new InvalidOperationException($"{effect}");
        }
    }

    private bool MayForward => _route.Primary is not null && _now < _route.Until && !_route.IsFrozen;

    private void Check()
    {
        (_core.HeldCount, _core.ForwardedCount).ShouldBe((_waiting.Count, _forwarded.Count), $"seed {seed}");
        if (_now >= _route.Until)
            _cut.ToArray().ShouldBe(_forwarded.ToArray(), $"seed {seed}: forwarded without a lease");
        if (_waiting.Count > 0 || _forwarded.Count > _cut.Count)
            _core.NextAt.ShouldNotBeNull($"seed {seed}: something waits, and nobody looks after it");
    }
}
