using Understudy.Kernel;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Never two runs of one worker at once, in true time, and a later run's fencing token is greater on another node. A
/// run lasts from its beginning until its code has ended or its process is dead, whether that stands still or not. A
/// holder whose clock stood still is outside the promise, as with every lease.
/// </summary>
internal sealed class OneWorker(SimulatedCluster cluster) : Checker
{
    /// <summary>After a clock has run again for this long, no lease from before the stop is left.</summary>
    private static readonly long StopForgotten = TimeSpan.FromSeconds(2).Ticks;

    private readonly List<(SimulatedNode Node, SimulatedRun Run)> _running = [];
    private readonly Dictionary<ServiceName, (ConfigurationVersion Version, int Node)> _latest = [];

    public override void OnWorkerStarted(SimulatedNode node, SimulatedRun run)
    {
        foreach (var (other, earlier) in _running)
        {
            // Whichever of them stood still with its clock: it may have woken up to an old order.
            if (earlier.Service != run.Service || IsExcused(other) || IsExcused(node)) continue;
            Fail($"{node.Member} runs {run.Service} in version {run.Version}, while {other.Option.Id} still runs it "
                + $"in version {earlier.Version}");
        }

        var (version, index) = _latest.GetValueOrDefault(run.Service, (ConfigurationVersion.None, node.Index));
        var isLater = index == node.Index ? run.Version >= version : run.Version > version;
        if (!isLater && !IsExcused(node))
            Fail($"{node.Member} runs {run.Service} in version {run.Version}, but it ran in {version} before");
        _latest[run.Service] = (run.Version, node.Index);
        _running.Add((node, run));
    }

    public override void OnWorkerEnded(SimulatedNode node, SimulatedRun run) =>
        _running.RemoveAll(r => r.Node == node && r.Run == run);

    private bool IsExcused(SimulatedNode node) =>
        node.Clock.IsStopped || cluster.Now - node.Clock.LastStopEnded < StopForgotten;
}
