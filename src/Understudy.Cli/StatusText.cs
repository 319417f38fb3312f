using System.Globalization;
using System.Text;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Cli;

/// <summary>Writes a status document for people.</summary>
internal static class StatusText
{
    /// <summary>More services than these are not shown one by one, and more reasons not at all.</summary>
    private const int MostRows = 64;

    private const int CommitDigits = 8;

    public static string Render(StatusDocument status)
    {
        var text = new StringBuilder();
        Head(text, status);
        View(text, status.View);
        text.Append('\n').Append(Nodes(status));
        if (status.ReplicaManager is { } manager)
            text.Append(CultureInfo.InvariantCulture,
                $"\nreplica manager: primary {manager.Primary ?? "-"}, in-sync {List(manager.InSync)}, ")
                .Append(CultureInfo.InvariantCulture, $"version {manager.Version}\n");
        if (status.Services.Count > MostRows) Many(text, status);
        else if (status.Services.Count > 0) text.Append('\n').Append(Services(status.Services));
        if (Busy(status.Requests) is { Length: > 0 } busy) text.Append('\n').Append(Requests(busy));
        if (status.Tcp.Count > 0) text.Append('\n').Append(Tcp(status.Tcp));
        if (status.Http.Count > 0) text.Append('\n').Append(Http(status.Http));
        Operations(text, status);
        Reasons(text, status);
        return text.ToString().TrimEnd('\n');
    }

    private static void Head(StringBuilder text, StatusDocument status)
    {
        var node = status.Node;
        var id = status.ClusterId is null ? "not formed yet" : $"id {status.ClusterId}";
        text.Append(CultureInfo.InvariantCulture, $"cluster {status.Cluster} ({id})\n");
        text.Append(
            CultureInfo.InvariantCulture, $"node {node.Id} answers: {node.State}, incarnation {node.Incarnation}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"understudy {Short(node.Version)}, pid {node.Pid}, {node.RssMegabytes:0} MB, ");
        text.Append(CultureInfo.InvariantCulture, $"{node.CpuSeconds:0.0} s of CPU\n");
    }

    /// <summary>Of the commit that a version names, enough for people.</summary>
    private static string Short(string version)
    {
        var commit = version.IndexOf('+', StringComparison.Ordinal);
        return commit < 0 ? version : version[..Math.Min(version.Length, commit + 1 + CommitDigits)];
    }

    private static void View(StringBuilder text, ViewStatus? view)
    {
        if (view is null)
        {
            text.Append("view: none\n");
            return;
        }

        text.Append(CultureInfo.InvariantCulture,
            $"view {view.Epoch}: {Count(view.Members.Count, "member")}, hears {view.HeardVoters} of ");
        text.Append(CultureInfo.InvariantCulture, $"{Count(view.Voters.Count, "voter")}, quorum {view.Quorum}, ");
        text.Append(view.LeaseValid ? "lease valid\n" : "no lease\n");
    }

    private static TextTable Nodes(StatusDocument status)
    {
        var table = new TextTable("node", "kind", "state", "in view");
        foreach (var node in status.Nodes)
        {
            var member = status.View?.Members.FirstOrDefault(each => each.Id == node.Id);
            var incarnation = member is null
                ? "yes"
                : string.Create(CultureInfo.InvariantCulture, $"incarnation {member.Incarnation}");
            var kind = node.Kind == NodeKinds.NonVoter ? "non-voter" : node.Kind;
            var state = $"{node.State}{(node.Drained ? ", drained" : "")}{(node.Quarantined ? ", quarantined" : "")}";
            table.Add(node.Id, kind, state, node.InView ? incarnation : "no");
        }

        return table;
    }

    /// <summary>Very many services: how they are spread, and those that are not as wanted.</summary>
    private static void Many(StringBuilder text, StatusDocument status)
    {
        var table = new TextTable("node", "primaries", "secondaries", "joining");
        foreach (var node in status.Nodes.Select(each => each.Id))
        {
            table.Add(
                node,
                Number(status.Services.Count(service => service.Primary == node)),
                Number(status.Services.Count(service => service.Secondaries.Contains(node))),
                Number(status.Services.Count(service => service.Joining.Any(each => each.Node == node))));
        }

        var others = status.Services.Where(service => !IsAsWanted(service)).ToArray();
        text.Append('\n').Append(table).Append('\n');
        if (others.Length > 0) text.Append(Services(others.Take(MostRows))).Append('\n');
        var shown = Math.Min(others.Length, MostRows);
        var all = status.Services.Count;
        text.Append(CultureInfo.InvariantCulture, $"{all} services, {all - others.Length} in their wanted shape, ");
        text.Append(CultureInfo.InvariantCulture, $"{shown} shown; --json has all\n");
    }

    private static bool IsAsWanted(ServiceStatus service) => service is { Primary: not null, Operation: null }
        && service.Secondaries.Count == service.WantedSecondaries && service.Spares.Count == service.WantedSpares;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static TextTable Services(IEnumerable<ServiceStatus> services)
    {
        var table = new TextTable(
            "service", "kind", "primary", "secondaries", "joining", "spares", "version", "durability");
        foreach (var service in services)
        {
            table.Add(
                service.Name,
                service.Kind,
                service.Primary ?? "-",
                Wanted(service.Secondaries, service.WantedSecondaries),
                List([.. service.Joining.Select(each => $"{each.Node} ({each.Percent} %)")]),
                Wanted(service.Spares, service.WantedSpares),
                Version(service),
                Durability(service));
        }

        return table;
    }

    /// <summary>Few services ever have a second lineage.</summary>
    private static string Version(ServiceStatus service) => service.Lineage <= 1
        ? service.Version.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{service.Version}, lineage {service.Lineage}");

    /// <summary>Understudy keeps no state of a worker, nor of somebody else's program.</summary>
    private static string Durability(ServiceStatus service)
    {
        if (service.Exclusive) return "none: a worker";
        return service.Kind == ServiceConfiguration.ExternalKind ? "-" : service.Durability;
    }

    /// <summary>The services whose requests wait, or were refused.</summary>
    private static RequestsStatus[] Busy(IReadOnlyList<RequestsStatus> services) =>
        [.. services.Where(service => service.Waiting > 0 || service.Refused > 0)];

    private static TextTable Requests(IReadOnlyList<RequestsStatus> services)
    {
        var table = new TextTable("requests", "wait", "bytes", "longest", "refused");
        foreach (var requests in services.Take(MostRows))
        {
            table.Add(
                requests.Service,
                string.Create(CultureInfo.InvariantCulture, $"{requests.Waiting} of {requests.MaxWaiting}"),
                string.Create(CultureInfo.InvariantCulture, $"{requests.Bytes} of {requests.MaxBytes}"),
                string.Create(CultureInfo.InvariantCulture, $"{requests.LongestSeconds:0.0} s"),
                requests.Refused.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static TextTable Tcp(IReadOnlyList<TcpStatus> services)
    {
        var table = new TextTable("tcp", "listens at", "open", "held", "refused");
        foreach (var tcp in services)
        {
            table.Add(
                tcp.Service,
                tcp.Listen,
                tcp.Open.ToString(CultureInfo.InvariantCulture),
                tcp.Held.ToString(CultureInfo.InvariantCulture),
                tcp.Refused.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static TextTable Http(IReadOnlyList<HttpStatus> services)
    {
        var table = new TextTable("http", "forwarded", "held", "refused");
        foreach (var http in services)
        {
            table.Add(
                http.Service,
                http.Forwarded.ToString(CultureInfo.InvariantCulture),
                http.Held.ToString(CultureInfo.InvariantCulture),
                http.Refused.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static void Operations(StringBuilder text, StatusDocument status)
    {
        foreach (var service in status.Services)
        {
            if (service is not { LossBoundSeconds: { } bound, IntervalSeconds: { } interval }) continue;
            text.Append($"\n{service.Name} answers before it commits, every {Time(interval)}: ");
            text.Append($"a failover may lose up to {Time(bound)} of updates");
            if (service.UncommittedSeconds is { } age) text.Append($"; the oldest now is {Time(age)} old");
            text.Append('\n');
        }

        var ruled = status.Services.Where(service => Rules(service.Rules).Length > 0).ToArray();
        if (ruled.Length > 0) text.Append("\nrules:\n");
        foreach (var service in ruled) text.Append($"  {service.Name}: {Rules(service.Rules)}\n");
        if (status.ReplicaManager?.Operation is { } move)
            Operation(text, "the replica manager", move, "commands are held", "it decides");
        foreach (var service in status.Services)
        {
            if (service.Operation is not { } operation) continue;
            const string Stopped = "it is stopped first";
            if (service.Exclusive) Operation(text, service.Name, operation, Stopped, Stopped);
            else Operation(text, service.Name, operation, "clients are held", "its primary serves");
        }
    }

    private static void Operation(
        StringBuilder text, string what, OperationStatus operation, string frozen, string serving)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nswitchover of {what} to {operation.Target}, ");
        text.Append(operation.Stage == OperationStages.Freeze ? frozen : serving);
        text.Append(CultureInfo.InvariantCulture, $" (since {HistoryText.Time(operation.Since)}; ");
        text.Append(CultureInfo.InvariantCulture, $"{operation.Cause})\n  waits: {operation.WaitsFor}\n");
    }

    private static string Time(double seconds) => Durations.Text(TimeSpan.FromSeconds(seconds));

    private static string Rules(RulesStatus rules)
    {
        (string Name, IReadOnlyList<string> Values)[] all =
        [
            ("prefer", rules.Prefer), ("only", rules.Only), ("never", rules.Never), ("with", rules.With),
            ("after", rules.After), ("apart from", rules.Apart), ("removed from", rules.Removed),
        ];
        var given = all.Where(rule => rule.Values.Count > 0).Select(rule => $"{rule.Name} {List(rule.Values)}");
        return string.Join("; ", given);
    }

    private static void Reasons(StringBuilder text, StatusDocument status)
    {
        if (status.Reasons.Count == 0)
        {
            text.Append("\nall is as wanted\n");
            return;
        }

        text.Append("\nnot as wanted:\n");
        foreach (var reason in status.Reasons.Take(MostRows)) text.Append("  ").Append(reason).Append('\n');
        if (status.Reasons.Count > MostRows)
        {
            var more = status.Reasons.Count - MostRows;
            text.Append(CultureInfo.InvariantCulture, $"  and {more} more; --json has all\n");
        }
    }

    private static string Wanted(IReadOnlyList<string> have, int wanted) => have.Count == wanted
        ? List(have)
        : string.Create(CultureInfo.InvariantCulture, $"{List(have)} ({have.Count} of {wanted})");

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "-" : string.Join(", ", names);

    private static string Count(int number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");
}
