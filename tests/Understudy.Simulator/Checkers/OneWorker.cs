using Understudy.Kernel;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Never two runs of one worker at once, in true time, and a later run's fencing token is greater on another node. A
/// run lasts from its beginning until its code has ended or its process is dead, whether that stands still or not. Who
/// acts by the older order is outside the promise if its clock stood still, as with every lease (decision 0033); the
/// other is not, whatever its clock did.
/// </summary>
internal sealed class OneWorker(SimulatedCluster cluster) : Checker
{
    private readonly List<(SimulatedNode Node, SimulatedRun Run)> _running = [];
    private readonly Dictionary<ServiceName, (ConfigurationVersion Version, int Node)> _latest = [];

    public override void OnWorkerStarted(SimulatedNode node, SimulatedRun run)
    {
        foreach (var (other, earlier) in _running)
        {
            if (earlier.Service != run.Service) continue;
            var late = run.Version < earlier.Version ? node : other;
            if (other != node && IsExcused(late)) continue;
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

    /// <summary>After a clock has run again for a silence limit, no lease from before the stop is left.</summary>
    private bool IsExcused(SimulatedNode node) => node.Clock.IsStopped
        || cluster.Now - node.Clock.LastStopEnded < cluster.Scenario.Cluster.Profile.Silence.Ticks;
}
