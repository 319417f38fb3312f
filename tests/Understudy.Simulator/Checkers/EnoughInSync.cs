using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// A service that demands so many in-sync providers acknowledges no write that was asked for when there were fewer.
/// </summary>
internal sealed class EnoughInSync(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly Dictionary<(ServiceName, ConfigurationVersion), long> _activeSince = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.PrimaryActivated activated) return;
        _activeSince.TryAdd((activated.Service, activated.Version), cluster.Now);
    }

    public override void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
        var operation = attempt.Operation;
        if (reply.Outcome != ReplyOutcome.Answered || operation.Request.IsRead) return;
        var demanded = cluster.Scenario.Cluster.Services.First(s => s.Name == operation.Service).MinInSync;
        if (activations.Find(operation.Service, reply.Version) is not { InSync: var inSync }) return;
        if (inSync.Length >= demanded) return;
        var since = _activeSince.GetValueOrDefault((operation.Service, reply.Version), long.MaxValue);
        if (operation.CalledAt <= since) return;
        Fail($"{operation} was answered in version {reply.Version}, asked for when {inSync.Length} of {demanded} "
            + "providers were in sync");
    }
}
