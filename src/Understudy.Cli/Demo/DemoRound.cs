using System.Diagnostics;
using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Cli.Demo;

/// <summary>One round: strike a node, wait for the failover, bring the node back, wait for the shape.</summary>
internal sealed class DemoRound(
    int number, DemoOptions options, DemoCluster cluster, Load load, IDemoView view, DemoWait wait)
{
    private readonly Fault _fault = options.Fault.Of(number - 1);

    public async Task<Round> RunAsync(CancellationToken cancellationToken)
    {
        var before = await cluster.StatusAsync(null, cancellationToken)
            ?? throw new DemoFailedException("no node answers");
        var victim = Victim(before);
        var version = Shape.Kv(before)!.Version;
        view.Say($"round {number} of {options.Rounds}: {_fault.Describe()} {Name(victim)}");
        view.Now($"{_fault.Describe()} {victim.Id}; the others fail over");

        var strike = Monotonic.Nanoseconds;
        Strike(victim);
        var after = await wait.ForFailoverAsync(victim, version, load, cancellationToken);
        var until = Monotonic.Nanoseconds;
        var events = await cluster.TimelineAsync(victim, cancellationToken);
        var acks = load.GapWriter.Acks;
        var round = new Round(
            number,
            _fault,
            victim.Id,
            Shape.Kv(after)!.Primary!,
            Gap.Longest(acks, strike, until),
            Phases.Measure(events, acks, strike, (before.View?.Epoch ?? 0, version), _fault));
        view.Ended(round);

        await RestoreAsync(victim, strike, cancellationToken);
        return round;
    }

    private async Task RestoreAsync(DemoNode victim, long strike, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        if (_fault == Fault.Hang)
        {
            var until = strike + (long)(3 * options.Profile.Silence).TotalNanoseconds;
            view.Now($"{victim.Id} stays stopped for longer than silence is forgiven");
            while (Monotonic.Nanoseconds < until) await Task.Delay(10, cancellationToken);
            victim.Signal(Signals.Continue);
        }
        else
        {
            view.Now($"{victim.Id} ends");
            var code = await victim.WaitForExitAsync(options.ShapePatience, cancellationToken);
            if (_fault == Fault.Restart && code != 0)
                throw new DemoFailedException(
                    $"{victim.Id} was asked to leave and ended with code {code}. Its log ends:\n{victim.LogTail()}");
            victim.Start(cluster.File);
        }

        view.Now($"{victim.Id} comes back");
        await wait.ForShapeAsync(victim, load, cancellationToken);
        view.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  {victim.Id} is back, and kv has all its providers again, after {clock.Elapsed.TotalSeconds:0.0} s"));
    }

    private DemoNode Victim(StatusDocument status)
    {
        var kv = Shape.Kv(status);
        var id = _fault.StrikesPrimary() ? kv?.Primary : kv?.Secondaries is [var first, ..] ? first : null;
        return id is null ? throw new DemoFailedException("kv has nobody to strike") : cluster.Node(id);
    }

    private string Name(DemoNode victim) =>
        $"{victim.Id} (pid {victim.Pid}), {(_fault.StrikesPrimary() ? "the primary" : "a secondary")}";

    private void Strike(DemoNode victim) => victim.Signal(_fault switch
    {
        Fault.Kill or Fault.KillSecondary => Signals.Kill,
        Fault.Hang => Signals.Stop,
        Fault.Restart => Signals.Terminate,
        _ => throw new UnreachableException(),
    });
}
