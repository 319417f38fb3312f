using System.Collections.Immutable;
using System.Globalization;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Says a decision's changes in words. A decision on very many services is said in one line.</summary>
public static class HistoryWords
{
    /// <summary>The most services that a decision names one by one.</summary>
    public const int NamedServices = 32;

    public static IReadOnlyCollection<HistoryEntry> Of(RegistryChange change, Registry before, Decision decision)
    {
        List<HistoryEntry> history = [];
        var number = before.LastChange;
        foreach (var node in change.Nodes)
        {
            if (Words(before.Node(node.Node), node) is { Length: > 0 } words) Add(null, default, words);
        }

        if (change.Rm is { } rm)
        {
            var isDone = before.Rm.Operation is { } done && rm.Operation is null && done.Target == rm.Primary?.Node;
            var what = Words(before.Rm, rm, change.Elapsed);
            history.Add(Entry(Registry.Name, rm.Version, what, isDone ? before.Rm.Operation!.Cause : null) with
            {
                From = before.Rm.Version,
                Position = before.Rm.Version < rm.Version ? decision.Position : null,
                Phases = Phases(before.Rm.Operation, rm.Operation, before.Rm.Primary, rm.Primary, decision),
            });
        }

        if (change.IsHeld is { } isHeld) Add(null, default, isHeld ? "the cluster is held" : "the cluster is resumed");
        foreach (var name in change.Removed) Add(name, default, $"{name} is removed");
        if (change.Services.Count > NamedServices)
        {
            var moved = change.Services.Count(e => HasMoved(before.Find(e.Definition.Name), e));
            Add(null, default, $"{change.Services.Count} services changed, {moved} of them have another primary");
            return history;
        }

        foreach (var entry in change.Services)
        {
            var (old, next) = (before.Find(entry.Definition.Name), entry.Configuration);
            var what = Words(old, entry, change.Elapsed);
            if (what.Length == 0) continue;
            history.Add(Entry(entry.Definition.Name, next.Version, what) with
            {
                From = old?.Configuration.Version ?? ConfigurationVersion.None,
                Lineage = next.Lineage,
                Phases = Phases(
                    old?.Operation, entry.Operation, old?.Configuration.Primary, next.Primary, decision),
            });
        }

        return history;

        void Add(ServiceName? service, ConfigurationVersion version, string what) =>
            history.Add(Entry(service, version, what));

        HistoryEntry Entry(ServiceName? service, ConfigurationVersion version, string what, string? cause = null) =>
            new(++number, change.Elapsed, service, version, Cut(cause ?? decision.Cause, 200), Cut(what, 1_000));
    }

    /// <summary>What is known at the decision; how long the new primary takes comes later.</summary>
    private static ImmutableArray<HistoryPhase> Phases(
        Operation? before, Operation? after, MemberId? old, MemberId? next, Decision decision)
    {
        List<HistoryPhase> phases = [];
        if (before is { Stage: OperationStage.BringUp } && before != after)
            phases.Add(new HistoryPhase(HistoryPhase.BringUp, decision.Elapsed - before.Since));
        if (before is { Stage: OperationStage.Freeze } && before != after)
        {
            if (before.BroughtUpIn > TimeSpan.Zero)
                phases.Add(new HistoryPhase(HistoryPhase.BringUp, before.BroughtUpIn));
            phases.Add(new HistoryPhase(HistoryPhase.Freeze, decision.Elapsed - before.Since));
        }

        if (old is { } lost && lost != next && !decision.Contains(lost)) phases.AddRange(decision.PhasesOfLoss(lost));
        return [.. phases];
    }

    private static bool HasMoved(ServiceEntry? before, ServiceEntry after) =>
        before?.Configuration.Primary != after.Configuration.Primary;

    private static string Words(NodeEntry before, NodeEntry after)
    {
        List<string> words = [];
        if (before.IsDrained != after.IsDrained) words.Add(after.IsDrained ? "is drained" : "is undrained");
        if (after.Exits.Length > 0 && !before.Exits.SequenceEqual(after.Exits)) words.Add("left without saying so");
        if (before.IsQuarantined != after.IsQuarantined)
        {
            words.Add(after.IsQuarantined ? "is quarantined" : "is released");
        }

        if (before.HasToldKinds != after.HasToldKinds || !before.Kinds.SequenceEqual(after.Kinds))
        {
            words.Add($"has code for {string.Join(", ", after.Kinds)}");
        }

        return words.Count == 0 ? "" : $"{after.Node} {string.Join(", ", words)}";
    }

    private static string Words(RmEntry before, RmEntry after, TimeSpan elapsed)
    {
        List<string> words = [];
        if (before.Primary != after.Primary) words.Add($"primary {Name(before.Primary)} -> {Name(after.Primary)}");
        AddOperation(before.Operation, after.Operation, before.Primary != after.Primary, elapsed, words);
        return string.Join("; ", words);
    }

    private static string Words(ServiceEntry? before, ServiceEntry after, TimeSpan elapsed)
    {
        List<string> words = [];
        var (old, next) = (before?.Configuration, after.Configuration);
        if (before is null) words.Add("defined");
        else if (!ReferenceEquals(before.Definition, after.Definition)) words.Add("redefined");
        if (old is { IsStarted: true } && old.Lineage != next.Lineage)
        {
            var how = next.Origin is { } node ? $"from the copy on {node}" : "empty";
            words.Add($"lineage {next.Lineage} begins {how}");
        }

        if (old?.Primary != next.Primary) words.Add($"primary {Name(old?.Primary)} -> {Name(next.Primary)}");
        if (before is { Definition.IsPeriodic: true, Operation: not { Stage: OperationStage.Freeze } }
            && old is { Primary: not null } && old.Primary != next.Primary)
        {
            words.Add($"{old.Primary}'s latest updates, which it sent every "
                + $"{Durations.Text(before.Definition.CheckpointEvery)}, may be lost");
        }

        if (!after.Definition.IsExclusive && (old is null || !old.InSync.SequenceEqual(next.InSync)))
        {
            words.Add($"in sync: {string.Join(' ', next.InSync.Select(p => p.Member))}");
        }

        if (before is not null && !before.Excluded.SequenceEqual(after.Excluded))
        {
            words.Add($"removed providers: {string.Join(' ', after.Excluded)}");
        }

        if (after.IsStopped != (before?.IsStopped ?? false))
        {
            words.Add(after.IsStopped ? "stopped: its code failed on every node" : "no longer stopped");
        }

        if (before is not null && before.IsHeld != after.IsHeld) words.Add(after.IsHeld ? "held" : "resumed");
        if (before is not null) AddAudit(before, after, words);
        if (!after.Definition.IsExclusive)
            AddOperation(before?.Operation, after.Operation, HasMoved(before, after), elapsed, words);
        else if (after.Operation is { } wanted && wanted != before?.Operation)
            words.Add($"to be run by {wanted.Target}: {wanted.Cause}");
        return string.Join("; ", words);
    }

    private static void AddAudit(ServiceEntry before, ServiceEntry after, List<string> words)
    {
        if (before.Audits.Done != after.Audits.Done) words.Add($"audit {after.Audits.Done} has ended");
        else if (before.Audits.Asked != after.Audits.Asked) words.Add($"audit {after.Audits.Asked} is asked for");
        foreach (var left in after.Left.Except(before.Left)) words.Add($"{left.Node} left: {left.Reason}");
    }

    private static void AddOperation(
        Operation? before, Operation? after, bool hasMoved, TimeSpan elapsed, List<string> words)
    {
        if (before == after) return;
        if (before is not null)
        {
            var what = before.Stage == OperationStage.BringUp ? "bringing up" : "frozen";
            words.Add(string.Create(
                CultureInfo.InvariantCulture, $"{what} for {(elapsed - before.Since).TotalMilliseconds:F0} ms"));
        }

        if (after is { Stage: OperationStage.BringUp }) words.Add($"{after.Target} is brought up to take over");
        else if (after is not null) words.Add($"frozen to switch over to {after.Target}: {after.Cause}");
        else if (!hasMoved) words.Add($"the switchover to {before!.Target} is given up");
    }

    private static string Name(MemberId? member) => member?.ToString() ?? "none";

    private static string Cut(string text, int limit) => text.Length <= limit ? text : text[..limit];
}
