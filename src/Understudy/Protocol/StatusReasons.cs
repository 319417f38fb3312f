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

        foreach (var definition in options.Services)
        {
            var configuration = status.Map.Find(definition.Name)?.Configuration;
            if (configuration is null)
            {
                reasons.Add($"{definition.Name} has not started: no replica manager has placed it yet");
            }
            else if (configuration.Primary is null)
            {
                var holders = string.Join(" or ", configuration.InSync.Select(p => p.Member.Node));
                reasons.Add(definition.Durable
                    ? $"{definition.Name} has no primary: it waits for {holders} with its disk"
                    : $"{definition.Name} has no primary: all its in-sync copies, in memory on {holders}, are gone");
            }
            else
            {
                AddShape(status, definition, configuration, reasons);
            }
        }
    }

    private static void AddShape(
        NodeStatus status, ServiceDefinition definition, Configuration configuration, List<string> reasons)
    {
        var secondaries = configuration.InSync.Length - 1;
        if (secondaries < definition.Secondaries) AddSecondaries(status, definition, secondaries, reasons);
        var spares = SparesOf(status, definition, configuration);
        if (spares < definition.Spares)
        {
            reasons.Add(
                $"{definition.Name} has {Count(spares, "spare", "spares")} of {Number(definition.Spares)}: " +
                "no further node stands by");
        }
    }

    // A node that waits to be brought up is no spare any more, whether it has begun or not.
    private static int SparesOf(NodeStatus status, ServiceDefinition definition, Configuration configuration)
    {
        var hosts = status.Peers.Count(p => p.Kind != NodeKind.Witness && p.IsInView);
        return Math.Max(0, hosts - 1 - Math.Max(definition.Secondaries, configuration.InSync.Length - 1));
    }

    private static void AddSecondaries(
        NodeStatus status, ServiceDefinition definition, int secondaries, List<string> reasons)
    {
        var joining = status.Joining.GetValueOrDefault(definition.Name, []);
        var why = joining.IsEmpty
            ? "no further node can host one"
            : string.Join(", ", joining.Select(j => $"{j.Member.Node} is joining, {j.Percent} %"));
        reasons.Add(
            $"{definition.Name} has {Count(secondaries, "secondary", "secondaries")} " +
            $"of {Number(definition.Secondaries)}: {why}");
    }

    private static string Count(int count, string one, string many) =>
        count == 0 ? $"no {one}" : $"{Number(count)} {(count == 1 ? one : many)}";

    private static string Number(int number) =>
        number < Numbers.Length ? Numbers[number] : number.ToString(CultureInfo.InvariantCulture);

    private static readonly ImmutableArray<string> Numbers =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
}
