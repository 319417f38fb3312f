using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>Says in one line each what is not as wanted, and what it waits for. Arithmetic only.</summary>
internal static class StatusReasons
{
    public static ImmutableArray<string> For(NodeStatus status, NodeOptions options, TimeSpan now)
    {
        List<string> reasons = [];
        if (status.View is null) AddFormation(status, reasons);
        else AddMembership(status, reasons, now);
        if (status.View is not null) AddServices(status, options, reasons);
        return [.. reasons];
    }

    private static void AddFormation(NodeStatus status, List<string> reasons)
    {
        var self = status.Peers.First(p => p.Node == status.Self.Node);
        var missing = status.Peers.Where(p => p.Kind != NodeKind.NonVoter && p.Connected is null).Select(p => p.Node);
        var names = string.Join(", ", missing);
        if (names.Length > 0) reasons.Add($"waiting for {names} to form the cluster");
        else if (self.Kind == NodeKind.NonVoter) reasons.Add("waiting for the voters to form the cluster");
        else reasons.Add("the voters are forming the cluster");
    }

    private static void AddMembership(NodeStatus status, List<string> reasons, TimeSpan now)
    {
        var view = status.View!;
        var self = status.Self.Node;
        if (status.IsStopping) reasons.Add($"{self} was asked to stop and is leaving");
        if (status.HeardVoters < view.Quorum)
        {
            var voters = view.Acceptors.Length;
            reasons.Add(
                $"no quorum: {status.HeardVoters} of {voters} voters, {view.Quorum} are needed; " +
                $"not heard: {string.Join(", ", status.Peers.Where(IsLost).Select(p => p.Node))}");
        }
        else if (!status.IsMember)
        {
            reasons.Add($"{self} waits to be admitted to the cluster");
        }
        else if (status.LeaseUntil <= now)
        {
            reasons.Add($"{self} has no view lease: it serves nothing until a quorum of voters renews it");
        }

        foreach (var peer in status.Peers)
        {
            if (peer.Node == self || peer.IsInView) continue;
            reasons.Add(peer.IsHeard ? $"{peer.Node} is joining the cluster" : $"{peer.Node} is down");
        }

        foreach (var acceptor in view.Acceptors)
        {
            if (view.MemberOn(acceptor.Node) is { } member && member.Disk != acceptor.Disk)
            {
                reasons.Add(
                    $"{acceptor.Node} has a new disk: its vote does not count, as the cluster knows another disk");
            }
        }
    }

    private static bool IsLost(PeerStatus peer) => peer.Kind != NodeKind.NonVoter && !peer.IsHeard;

    private static void AddServices(NodeStatus status, NodeOptions options, List<string> reasons)
    {
        if (status.Selection is { Winner: null } && status.IsMember)
        {
            reasons.Add("the replica manager has no primary yet");
        }

        if (status.Map.Rm.Operation is { } operation)
        {
            reasons.Add($"the replica manager is switched over to {operation.Target} ({operation.Cause})");
        }

        foreach (var definition in options.Services)
        {
            if (status.Map.IsDecided) break;
            reasons.Add($"{definition.Name} has not started: no replica manager has placed it yet");
        }

        ServiceReasons.Add(status, options.Profile, reasons);
    }
}
