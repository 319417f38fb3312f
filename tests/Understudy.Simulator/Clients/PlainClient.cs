using Understudy.Client.Protocol;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Clients;

/// <summary>
/// A client that knows HTTP only: it asks any node, sometimes two at once, and asks again under a key of its own.
/// Some send along the latest version that they know: of the last answer that they were given, or of the map of a node
/// at which they have looked.
/// </summary>
internal sealed class PlainClient(SimulatedCluster cluster, Workload workload, bool sendsVersions) : SimulatedClient
{
    private readonly Dictionary<ServiceName, long> _versions = [];

    public override string? KeyOf(bool isRead, bool isWithoutKey, string key) => isRead || isWithoutKey ? null : key;

    public override void Begin(ClientOperation operation)
    {
        Send(operation);
        if (!operation.MayBeSentAgain || !workload.IsHedged) return;
        cluster.Faults.Count(FaultKind.RequestSentTwice);
        Send(operation);
    }

    public override void OnWake(ClientOperation operation) => Send(operation);

    public override void OnEnded(Attempt attempt, AttemptEnd end, Reply? reply)
    {
        var operation = attempt.Operation;
        if (reply is { Outcome: ReplyOutcome.Answered })
        {
            var seen = _versions.GetValueOrDefault(operation.Service);
            _versions[operation.Service] = Math.Max(seen, reply.Version.Value);
            workload.Answered(operation, reply);
            return;
        }

        var mayAgain = operation.MayBeSentAgain || end is AttemptEnd.NotSent or AttemptEnd.Moved;
        if (mayAgain && !workload.MustGiveUp(operation)) workload.WakeAfterBackoff(operation.Client);
        else workload.End(operation);
    }

    private void Send(ClientOperation operation)
    {
        if (sendsVersions) LookAtMap(operation);
        long? version = sendsVersions && _versions.TryGetValue(operation.Service, out var seen) ? seen : null;
        var attempt = new Attempt(operation, workload.DrawGateway(operation.Request)) { Version = version };
        cluster.Http.Send(attempt);
        cluster.Http.LimitWait(attempt);
    }

    private void LookAtMap(ClientOperation operation)
    {
        var node = cluster.Nodes[workload.DrawGateway(operation.Request)];
        if (!node.IsAwake) return;
        var seen = cluster.Streams.VersionOf(node, operation.Service).Value;
        _versions[operation.Service] = Math.Max(seen, _versions.GetValueOrDefault(operation.Service));
    }
}
