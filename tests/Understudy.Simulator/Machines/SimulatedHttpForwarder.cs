using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>What takes the requests for one service's own program in one simulated process.</summary>
internal sealed class SimulatedHttpForwarder(
    SimulatedCluster cluster, SimulatedNode node, ForwardingScenario scenario, SeededRandom random)
    : SimulatedForwarder(cluster, node, scenario, random)
{
    /// <summary>How long a node that stops waits for its clients beyond what each may wait.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    /// <summary>Until whoever forwards a request hears that it is cut.</summary>
    private static readonly long MeanHearing = TimeSpan.FromMicroseconds(200).Ticks;

    private readonly List<HttpEffect> _effects = [];
    private HttpForwarding _core = new(scenario.HttpBounds, cluster.Mutations);
    private long _lastAttempt;

    /// <summary>An attempt to have a request answered: what is said of an earlier one means nothing.</summary>
    private sealed record Attempt(SimulatedRequest Request, long Number);

    public override (int AtBackends, int Waiting) Counts => (_core.ForwardedCount, _core.HeldCount);

    protected override TimeSpan? NextAt => _core.NextAt;

    public override void Stop()
    {
        base.Stop();
        Schedule(Moment.StopOverdue, (Hold + StopPatience).Ticks, null);
    }

    protected override void BeginAnew()
    {
        base.BeginAnew();
        _core = new HttpForwarding(Scenario.HttpBounds, Cluster.Mutations);
    }

    protected override void Take(long number)
    {
        var request = new SimulatedRequest(number, Own, mayRepeat: Random.Chance(0.5));
        Add(request);
        Step(new HttpInput.Arrived(number, request.MayRepeat));
        if (Random.Chance(0.05)) Schedule(Moment.ClientLeaves, Draw(Scenario.MeanLife), request);
    }

    protected override void Learn(BackendRoute route) => Step(new HttpInput.Learned(route));

    protected override void Tick() => Step(HttpInput.Tick.Instance);

    protected override void On(Moment moment, object? payload)
    {
        switch (moment)
        {
            case Moment.ClientLeaves: End((SimulatedRequest)payload!); break;
            case Moment.StopOverdue:
                foreach (var request in Passages.Values.ToList()) End((SimulatedRequest)request);
                break;
            default: On(moment, (Attempt)payload!); break;
        }
    }

    private void On(Moment moment, Attempt attempt)
    {
        var request = attempt.Request;
        if (!IsHere(request) || request.Attempt != attempt.Number) return;
        switch (moment)
        {
            case Moment.Connected: OnConnected(request); break;
            case Moment.ConnectFailed: TakeBack(request); break;
            case Moment.Break: TakeBack(request); break;
            case Moment.CutHeard: TakeBack(request); break;
            case Moment.Answer: OnAnswer(request); break;
            case Moment.End: End(request); break;
            default: throw new UnreachableException($"Unknown moment {moment}.");
        }
    }

    private void OnConnected(SimulatedRequest request)
    {
        if (!MayGoOn(request))
        {
            TakeBack(request);
            return;
        }

        request.Sent++;
        GoOn(request, PassageState.Carried);
        Await(BreaksOff() ? Moment.Break : Moment.Answer, Scenario.MeanLife, request);
    }

    private void OnAnswer(SimulatedRequest request)
    {
        if (IsCutOff(request.Target))
        {
            Await(Random.Chance(0.5) ? Moment.Answer : Moment.Break, Scenario.MeanLife, request);
            return;
        }

        if (!MayGoOn(request))
        {
            TakeBack(request);
            return;
        }

        GoOn(request, PassageState.Answering);
        if (Random.Chance(0.8)) End(request);
        else Await(Moment.End, Scenario.MeanLife, request); // It is long, or goes on as events come.
    }

    /// <summary>The lease may end in this very moment.</summary>
    private bool MayGoOn(SimulatedRequest request)
    {
        if (!request.IsCut) Step(new HttpInput.Connected(request.Number));
        return !request.IsCut;
    }

    /// <summary>Its attempt has failed: what follows depends on how far that had come.</summary>
    private void TakeBack(SimulatedRequest request)
    {
        var state = request.State;
        if (state == PassageState.Answering)
        {
            End(request);
            return;
        }

        request.HoldAgain();
        Step(state == PassageState.Carried
            ? new HttpInput.Broken(request.Number)
            : new HttpInput.NotTaken(request.Number));
    }

    private void End(SimulatedRequest request)
    {
        if (!IsHere(request)) return;
        Remove(request);
        Step(new HttpInput.Ended(request.Number));
    }

    private void Step(HttpInput input)
    {
        _effects.Clear();
        _core.Step(Own, input, _effects);
        foreach (var effect in _effects) Perform(effect);
        ScheduleTick();
    }

    private void Perform(HttpEffect effect)
    {
        switch (effect)
        {
            case HttpEffect.Forward forward:
                var request = (SimulatedRequest)Passages[forward.Request];
                Connect(request, forward.Node, ++_lastAttempt);
                var isRefused = IsCutOff(forward.Node) || BreaksOff();
                Await(isRefused ? Moment.ConnectFailed : Moment.Connected, Scenario.MeanConnect, request);
                break;
            case HttpEffect.Cut cut:
                Cut((SimulatedRequest)Passages[cut.Request]);
                break;
            case HttpEffect.Refuse refuse:
                Remove(Passages[refuse.Request]);
                Cluster.Faults.Count(refuse.Why is HttpRefusal.Unknown or HttpRefusal.Broken
                    ? FaultKind.ForwardUnknown
                    : FaultKind.ForwardRefused);
                break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void Cut(SimulatedRequest request)
    {
        request.IsCut = true;
        Cluster.Faults.Count(FaultKind.ForwardCut);
        Cluster.Checkers.OnTakenBack(this, request);
        Await(Moment.CutHeard, MeanHearing, request);
    }

    private bool BreaksOff() => !Cluster.IsCalm && Random.Chance(Scenario.Refuse);

    /// <summary>This happens to its present attempt.</summary>
    private void Await(Moment moment, long mean, SimulatedRequest request) =>
        Schedule(moment, Draw(mean), new Attempt(request, request.Attempt));
}
