using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Protocol;

/// <summary>One seed's history of requests; those with an even number may be sent again.</summary>
internal sealed class HttpForwardingRun(ulong seed) : ForwardingRun(seed)
{
    private static readonly HttpBounds _bounds = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

    private readonly HttpForwarding _core = new(_bounds);
    private readonly List<HttpEffect> _effects = [];
    private readonly SortedSet<long> _waiting = [];
    private readonly SortedDictionary<long, MemberId> _forwarded = [];
    private readonly SortedSet<long> _cut = [];
    private long _last;

    protected override void Step() => Take(Draw());

    protected override void Check()
    {
        (_core.HeldCount, _core.ForwardedCount).ShouldBe((_waiting.Count, _forwarded.Count), Seed);
        if (!HasLease) _cut.ToArray().ShouldBe(_forwarded.Keys.ToArray(), $"{Seed}: forwarded without a lease");
        if (_waiting.Count > 0 || _forwarded.Count > _cut.Count)
            _core.NextAt.ShouldNotBeNull($"{Seed}: something waits, and nobody looks after it");
    }

    protected override void End()
    {
        Take(new HttpInput.Learned(Route = BackendRoute.None));
        _forwarded.Keys.ToArray().ShouldBe(_cut.ToArray(), $"{Seed}: a node that knows nothing forwards nothing");
        foreach (var number in _forwarded.Keys.ToList()) Take(new HttpInput.Broken(number));
        Now += _bounds.Hold;
        Take(HttpInput.Tick.Instance);
        _waiting.ShouldBeEmpty($"{Seed}: nothing waits for ever");
    }

    private HttpInput Draw()
    {
        switch (Random.Below(7))
        {
            case 0 or 1: return new HttpInput.Arrived(++_last, MayRepeat(_last));
            case 2: return new HttpInput.Learned(DrawRoute());
            case 3 or 4 when _forwarded.Count > 0:
                var number = _forwarded.Keys.ElementAt(Random.Below(_forwarded.Count));
                return Random.Below(4) switch
                {
                    0 => new HttpInput.Connected(number),
                    1 => new HttpInput.NotTaken(number),
                    2 => new HttpInput.Broken(number),
                    _ => new HttpInput.Ended(number),
                };
            case 5 when _waiting.Count > 0:
                return new HttpInput.Ended(_waiting.ElementAt(Random.Below(_waiting.Count)));
            default: return HttpInput.Tick.Instance;
        }
    }

    private static bool MayRepeat(long number) => number % 2 == 0;

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
        _core.Step(Now, input, _effects);
        foreach (var effect in _effects) Perform(effect);
        if (input is HttpInput.Broken sent && !MayRepeat(sent.Request))
            _effects.ShouldContain(new HttpEffect.Refuse(sent.Request, HttpRefusal.Unknown), $"{Seed}: sent twice");
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
                MayForward.ShouldBeTrue($"{Seed}: forwarded without a right to");
                forward.Node.ShouldBe(Route.Primary!.Value.Node, Seed);
                forward.Request.ShouldBe(_waiting.First(), $"{Seed}: out of order");
                _waiting.Remove(forward.Request);
                _forwarded.Add(forward.Request, Route.Primary.Value);
                break;
            case HttpEffect.Cut cut:
                _forwarded.ShouldContainKey(cut.Request, Seed);
                _cut.Add(cut.Request).ShouldBeTrue($"{Seed}: cut twice");
                ShouldLeave(_forwarded[cut.Request]);
                break;
            case HttpEffect.Refuse refuse:
                _waiting.Remove(refuse.Request).ShouldBeTrue($"{Seed}: {refuse} did not wait");
                break;
            default: throw new InvalidOperationException($"{effect}");
        }
    }
}
