using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Says of every service what is not as wanted, which rule cannot be met, and by what. Arithmetic only.
/// </summary>
internal static class ServiceReasons
{
    public static void Add(NodeStatus status, Profile profile, List<string> reasons)
    {
        var map = status.Map;
        if (map.IsHeld) reasons.Add("the cluster is held: nothing is placed or moved until it is resumed");
        foreach (var node in map.Nodes.Where(n => n.IsDrained)) AddDrained(status, node.Node, reasons);
        foreach (var node in map.Nodes.Where(n => n.IsQuarantined))
        {
            reasons.Add(
                $"{node.Node} is quarantined: it left the view {Count(node.Exits.Length, "time", "times")} without "
                + $"saying so; it gets no primary and no provider until an operator releases it");
        }

        foreach (var stream in status.Aside)
        {
            reasons.Add(
                $"{status.Self.Node} keeps a copy of {ServiceStream.Service(stream)} of lineage "
                + $"{ServiceStream.LineageOf(stream)} aside: another lineage goes on, and this copy is not used");
        }

        foreach (var entry in map.Services)
        {
            var name = entry.Definition.Name;
            if (entry.IsHeld) reasons.Add($"{name} is held: it is not placed or moved until it is resumed");
            if (!entry.Configuration.IsStarted) reasons.Add($"{name} has not started: {WhyNotStarted(status, entry)}");
            else if (entry.IsVacant) reasons.Add($"{name} runs nowhere: {status.Vacant.GetValueOrDefault(name)}");
            else if (entry.Configuration.Primary is null) reasons.Add(WhyNoPrimary(entry));
            else AddStarted(status, entry, reasons);
            if (!status.Uncommitted.TryGetValue(name, out var age)) continue;
            if (entry.Definition.BoundOnLoss(profile) is var bound && age <= bound) continue;
            reasons.Add(
                $"{name} answers nothing: its oldest update that is not committed is {Durations.Text(age)} old, and "
                + $"the bound is {Durations.Text(bound)}");
        }
    }

    private static void AddDrained(NodeStatus status, NodeId node, List<string> reasons)
    {
        var left = status.Map.Services.Where(e => e.IsInSyncOn(node)).Select(e => e.Definition.Name.Value).ToList();
        if (status.Selection?.Winner?.Node == node) left.Add("the replica manager");
        reasons.Add(left.Count == 0
            ? $"{node} is drained and hosts nothing"
            : $"{node} is drained and still hosts {string.Join(", ", left)} until other nodes do");
    }

    private static string WhyNotStarted(NodeStatus status, ServiceEntry entry)
    {
        var first = entry.Definition.After.Concat(entry.Definition.With)
            .FirstOrDefault(name => status.Map.Find(name) is { Configuration.Primary: null });
        if (first.Value is not null) return $"it starts after {first}, which has no primary";
        if (entry.IsHeld || status.Map.IsHeld) return "it is held";
        return $"no node can host it{WhoCannot(status, entry)}";
    }

    private static string WhyNoPrimary(ServiceEntry entry)
    {
        var (name, configuration) = (entry.Definition.Name, entry.Configuration);
        var good = configuration.InSync.RemoveAll(p => entry.IsVoid(p.Disk));
        var holders = string.Join(" or ", (good.IsEmpty ? configuration.InSync : good).Select(p => p.Member.Node));
        if (entry.Recovery is { } recovery)
        {
            return $"{name} has no primary: an operator recovers it, and it goes on "
                + (recovery.From is { } from ? $"from the copy on {from}" : "empty") + " soon";
        }

        if (entry.Definition.TotalLoss == TotalLossPolicy.StartEmpty)
        {
            return $"{name} has no primary: all its in-sync copies, on {holders}, are gone. It starts empty soon";
        }

        if (good.IsEmpty && !configuration.InSync.IsEmpty)
        {
            var damaged = entry.Left.Where(left => left.Reason.IsCopyVoid)
                .Select(left => $"{left.Node}: {left.Reason}");
            return $"{name} has no primary: every in-sync copy is void ({string.Join("; ", damaged)}). Recover {name}";
        }

        return entry.Definition.Durable
            ? $"{name} has no primary: it waits for {holders} with its disk. If none can come back, recover {name}"
            : $"{name} has no primary: all its in-sync copies, in memory on {holders}, are gone. Recover {name}";
    }

    private static void AddStarted(NodeStatus status, ServiceEntry entry, List<string> reasons)
    {
        var (name, primary) = (entry.Definition.Name, entry.Configuration.Primary!.Value.Node);
        if (entry.IsStopped) reasons.Add(WhyStopped(entry));
        else AddFailures(entry, reasons);
        if (entry.Operation is { } operation)
        {
            reasons.Add(operation.Stage == OperationStage.BringUp
                ? $"{name}: {operation.Target} is brought up to take over ({operation.Cause})"
                : $"{name} is frozen while {operation.Target} takes over ({operation.Cause})");
        }
        else if (entry.IsFrozen)
        {
            reasons.Add($"{name} is frozen on {primary}: it serves only where {WhoIsElsewhere(status, entry)} does");
        }

        foreach (var other in entry.Definition.Apart)
        {
            if (status.Map.Find(other)?.Configuration.Primary?.Node != primary) continue;
            reasons.Add(
                $"{name} and {other} shall be apart, but both primaries are on {primary}: no other node can be");
        }

        if (!entry.TakesWrites) reasons.Add(WhyNoWrites(entry));
        if (!entry.Allows(primary))
        {
            var why = entry.Definition.IsExclusive ? "may run it" : "has an in-sync provider";
            reasons.Add($"{name} is on {primary} against its rules: no other node {why}");
        }

        foreach (var left in entry.Left)
        {
            reasons.Add(left.Reason.Cause == LeaveCause.FormatUnknown
                ? $"{left.Node} cannot provide {name}: {left.Reason}"
                : $"{left.Node} left {name}'s in-sync set: {left.Reason}");
        }

        AddShape(status, entry, reasons);
    }

    /// <summary>Why a service's code is left alone, and what an operator can do.</summary>
    public static string WhyStopped(ServiceEntry entry)
    {
        var (name, nodes) = (entry.Definition.Name, entry.Failures.Select(f => f.Member.Node).Where(entry.IsFailingOn));
        var kept = entry.Definition.IsExclusive ? "" : "; its state is kept";
        return $"{name} is stopped: its code failed on {string.Join(", ", nodes)} within "
            + $"{Window(entry)}{LastError(entry)}{kept}. Mend the cause and resume {name}";
    }

    /// <summary>Why a primary takes no writes.</summary>
    public static string WhyNoWrites(ServiceEntry entry) =>
        $"{entry.Definition.Name} takes no writes: "
        + $"{Count(entry.Configuration.InSync.Length, "provider is", "providers are")} in sync, and it demands "
        + Number(entry.Definition.MinInSync);

    private static void AddFailures(ServiceEntry entry, List<string> reasons)
    {
        foreach (var failures in entry.Failures.Where(f => f.Count > 0))
        {
            var (node, allowed) = (failures.Member.Node, entry.Definition.Restarts);
            var then = entry.IsFailingOn(node)
                ? $"more than the {Count(allowed, "restart", "restarts")} allowed: others go before it"
                : "it was started anew in place";
            reasons.Add(
                $"{entry.Definition.Name}: its code failed {Count(failures.Count, "time", "times")} on {node} within "
                + $"{Window(entry)}, {then}{LastError(entry)}");
        }
    }

    private static string Window(ServiceEntry entry)
    {
        var window = entry.Definition.RestartWindow;
        return window.TotalMinutes >= 1
            ? Count((int)window.TotalMinutes, "minute", "minutes")
            : Count((int)Math.Ceiling(window.TotalSeconds), "second", "seconds");
    }

    private static string LastError(ServiceEntry entry) =>
        entry.LastError.Length == 0 ? "" : $"; last error: {entry.LastError}";

    private static string WhoIsElsewhere(NodeStatus status, ServiceEntry entry) =>
        string.Join(", ", entry.Definition.With.Where(name => status.Map.Find(name) is not { IsFrozen: false } sponsor
            || sponsor.Configuration.Primary?.Node != entry.Configuration.Primary?.Node));

    private static void AddShape(NodeStatus status, ServiceEntry entry, List<string> reasons)
    {
        var definition = entry.Definition;
        var secondaries = entry.Configuration.InSync.Length - 1;
        if (secondaries < definition.Secondaries) AddSecondaries(status, entry, secondaries, reasons);
        var spares = SparesOf(status, entry);
        if (spares < definition.Spares)
        {
            reasons.Add(
                $"{definition.Name} has {Count(spares, "spare", "spares")} of {Number(definition.Spares)}: " +
                "no further node stands by");
        }
    }

    // A node that waits to be brought up is no spare any more, whether it has begun or not.
    private static int SparesOf(NodeStatus status, ServiceEntry entry)
    {
        var hosts = 0;
        foreach (var (node, told) in status.OpenHosts)
        {
            if (entry.Allows(node) && told?.Offers(entry.Definition.Kind) != false) hosts++;
        }

        return Math.Max(0, hosts - 1 - Math.Max(entry.Definition.Secondaries, entry.Configuration.InSync.Length - 1));
    }

    private static void AddSecondaries(NodeStatus status, ServiceEntry entry, int secondaries, List<string> reasons)
    {
        var joining = status.Joining.GetValueOrDefault(entry.Definition.Name, []);
        var why = joining.IsEmpty
            ? entry.Placement.Length > entry.Configuration.InSync.Length
                ? "another one is about to be brought up"
                : $"no further node can host one{WhoCannot(status, entry)}"
            : string.Join(", ", joining.Select(j => $"{j.Member.Node} is joining, {j.Percent} %{Transfer(j)}"));
        reasons.Add(
            $"{entry.Definition.Name} has {Count(secondaries, "secondary", "secondaries")} " +
            $"of {Number(entry.Definition.Secondaries)}: {why}");
    }

    private static string Transfer(JoiningProgress joining)
    {
        if (joining.Transfer is not { } progress) return "";
        var words = $" ({Bytes(progress.Bytes)} of {Bytes(progress.TotalBytes)}";
        if (progress.Left is not { } left) return $"{words})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{words}, {Bytes(progress.BytesPerSecond)}/s, {Math.Ceiling(left.TotalSeconds):0} s left)");
    }

    private static string Bytes(long count) => count < 10 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{(count + 1023) >> 10} KB")
        : string.Create(CultureInfo.InvariantCulture, $"{count >> 20} MB");

    /// <summary>Every node that hosts no provider, with the rule that is in the way.</summary>
    private static string WhoCannot(NodeStatus status, ServiceEntry entry)
    {
        List<string> why = [];
        foreach (var peer in status.Peers.Where(p => p.Kind != NodeKind.Witness && !entry.IsInSyncOn(p.Node)))
        {
            if (!peer.IsInView) why.Add($"{peer.Node} is no member");
            else if (entry.Excluded.Contains(peer.Node)) why.Add($"an operator removed {peer.Node}");
            else if (entry.Definition.Never.Contains(peer.Node)) why.Add($"never on {peer.Node}");
            else if (status.Map.Nodes.FirstOrDefault(n => n.Node == peer.Node) is { } told
                && !told.Offers(entry.Definition.Kind))
            {
                why.Add($"{peer.Node} has no code for the kind \"{entry.Definition.Kind}\"");
            }
            else if (!entry.Definition.Allows(peer.Node)) why.Add($"{peer.Node} is not among its only nodes");
            else if (status.Map.Nodes.FirstOrDefault(n => n.Node == peer.Node) is { IsBarred: true } barred)
            {
                why.Add($"{peer.Node} is {(barred.IsDrained ? "drained" : "quarantined")}");
            }
        }

        return why.Count == 0 ? "" : $" ({string.Join(", ", why)})";
    }

    private static string Count(int count, string one, string many) =>
        count == 0 ? $"no {one}" : $"{Number(count)} {(count == 1 ? one : many)}";

    private static string Number(int number) =>
        number < Numbers.Length ? Numbers[number] : number.ToString(CultureInfo.InvariantCulture);

    private static readonly ImmutableArray<string> Numbers =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
}
