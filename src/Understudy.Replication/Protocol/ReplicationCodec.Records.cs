using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

// The registry's records, and the parts of a service's entry that say what is planned.
public static partial class ReplicationCodec
{
    private enum RuleKind
    {
        Preferred = 0,
        Only = 1,
        Never = 2,
        With = 3,
        After = 4,
        Apart = 5,
    }

    private const int MaxCause = 200;
    private const int MaxWhat = 1_000;

    private static readonly MessageParser<Wire.NodeEntry> NodeParser =
        Wire.NodeEntry.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.ClusterEntry> ClusterParser =
        Wire.ClusterEntry.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.HistoryEntry> HistoryParser =
        Wire.HistoryEntry.Parser.WithDiscardUnknownFields(true);

    /// <summary>A node's entry, as the registry keeps it.</summary>
    public static byte[] EncodeNodeEntry(NodeEntry entry) => ToWire(entry).ToByteArray();

    /// <summary>Reads what <see cref="EncodeNodeEntry"/> gave.</summary>
    /// <exception cref="FormatException">They are not such bytes.</exception>
    public static NodeEntry DecodeNodeEntry(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var entry = ToNodeEntry(Parse(NodeParser, bytes), ref fault);
        return fault is null ? entry : throw new FormatException($"A stored node entry: {fault}.");
    }

    /// <summary>What is said of the whole cluster, as the registry keeps it.</summary>
    public static byte[] EncodeClusterEntry(bool isHeld, TimeSpan elapsed, RmEntry rm) =>
        new Wire.ClusterEntry { IsHeld = isHeld, Elapsed = elapsed.Ticks, Rm = ToWire(rm) }.ToByteArray();

    /// <summary>Reads what <see cref="EncodeClusterEntry"/> gave.</summary>
    /// <exception cref="FormatException">They are not such bytes.</exception>
    public static (bool IsHeld, TimeSpan Elapsed, RmEntry Rm) DecodeClusterEntry(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var wire = Parse(ClusterParser, bytes);
        var elapsed = new TimeSpan(ToNumber(wire.Elapsed, ref fault));
        var rm = ToRmEntry(wire.Rm, ref fault);
        return fault is null
            ? (wire.IsHeld, elapsed, rm)
            : throw new FormatException($"A stored cluster entry: {fault}.");
    }

    /// <summary>A change's bytes, as the registry keeps them.</summary>
    public static byte[] EncodeHistoryEntry(HistoryEntry entry)
    {
        var wire = ToWire(entry);
        if (entry.Position is { } position) wire.Position = position;
        return wire.ToByteArray();
    }

    private static Wire.HistoryEntry ToWire(HistoryEntry entry) => new()
    {
        Number = entry.Number,
        At = entry.At.Ticks,
        Service = entry.Service?.Value ?? "",
        Version = entry.Version.Value,
        Cause = entry.Cause,
        What = entry.What,
        From = entry.From.Value,
        Lineage = entry.Lineage.Value,
        Phases = { entry.Phases.Select(phase => new Wire.HistoryPhase { Name = phase.Name, Took = phase.Took.Ticks }) },
    };

    /// <summary>Reads what <see cref="EncodeHistoryEntry"/> gave.</summary>
    /// <exception cref="FormatException">They are not such bytes.</exception>
    public static HistoryEntry DecodeHistoryEntry(ReadOnlySpan<byte> bytes)
    {
        string? fault = null;
        var wire = Parse(HistoryParser, bytes);
        var entry = new HistoryEntry(
            ToNumber(wire.Number, ref fault),
            new TimeSpan(ToNumber(wire.At, ref fault)),
            wire.Service.Length == 0 ? null : ToService(wire.Service, ref fault),
            ToVersion(wire.Version, ref fault),
            ToText(wire.Cause, MaxCause, ref fault),
            ToText(wire.What, MaxWhat, ref fault))
        {
            From = ToVersion(wire.From, ref fault),
            Lineage = new Lineage(ToNumber(wire.Lineage, ref fault)),
            Position = wire.HasPosition ? ToNumber(wire.Position, ref fault) : null,
            Phases = ToPhases(wire.Phases, ref fault),
        };
        return fault is null ? entry : throw new FormatException($"A stored change: {fault}.");
    }

    private static ServiceEntry ToPlanned(ServiceEntry entry, Wire.Plan? wire, ref string? fault)
    {
        if (wire is null) return entry;
        return entry with
        {
            Placement = ToNodes(wire.Placement, ref fault),
            Excluded = ToNodes(wire.Excluded, ref fault),
            IsFrozen = wire.IsFrozen,
            IsHeld = wire.IsHeld,
            Operation = ToOperation(wire.Operation, ref fault),
            Left = ToDepartures(wire.Left, ref fault),
            Audits = new Audits(
                ToNumber(wire.AuditsAsked, ref fault),
                ToNumber(wire.AuditsDone, ref fault),
                new TimeSpan(ToNumber(wire.AuditedAt, ref fault))),
            Failures = ToFailures(wire.Failures, ref fault),
            LastError = ToText(wire.LastError, ReplicationMessage.CodeFailed.LongestError, ref fault),
            IsStopped = wire.IsStopped,
            Recovery = ToRecovery(wire.Recovery, ref fault),
        };
    }

    private static ImmutableArray<HistoryPhase> ToPhases(RepeatedField<Wire.HistoryPhase> wire, ref string? fault)
    {
        var phases = ImmutableArray.CreateBuilder<HistoryPhase>(wire.Count);
        foreach (var each in wire)
        {
            var took = new TimeSpan(ToNumber(each.Took, ref fault));
            phases.Add(new HistoryPhase(ToText(each.Name, MaxNameLength, ref fault), took));
        }

        return phases.MoveToImmutable();
    }

    private static RmEntry ToRmEntry(Wire.RmEntry? wire, ref string? fault) => wire is null
        ? RmEntry.None
        : new RmEntry(
            wire.Primary is null ? null : ToMemberId(wire.Primary, ref fault),
            ToVersion(wire.Version, ref fault),
            ToOperation(wire.Operation, ref fault));

    private static Operation? ToOperation(Wire.Operation? wire, ref string? fault)
    {
        if (wire is null) return null;
        if (wire.Stage > (uint)OperationStage.Freeze) fault ??= $"a stage {wire.Stage}";
        return new Operation(
            ToNode(wire.Target, ref fault),
            (OperationStage)wire.Stage,
            new TimeSpan(ToNumber(wire.Since, ref fault)),
            ToText(wire.Cause, MaxCause, ref fault))
        {
            BroughtUpIn = new TimeSpan(ToNumber(wire.BroughtUpIn, ref fault)),
        };
    }

    private static ServiceDefinition ToRuled(
        ServiceDefinition definition, RepeatedField<Wire.PlacementRule> wire, ref string? fault)
    {
        foreach (var rule in wire)
        {
            if (rule.Kind > (uint)RuleKind.Apart) fault ??= $"a rule {rule.Kind}";
            if (rule.Name.Length is 0 or > MaxNameLength) fault ??= $"a rule's name has {rule.Name.Length} characters";
        }

        if (wire.Count == 0 || fault is not null) return definition;
        return definition with
        {
            Preferred = Ruled(wire, RuleKind.Preferred, static name => new NodeId(name)),
            Only = Ruled(wire, RuleKind.Only, static name => new NodeId(name)),
            Never = Ruled(wire, RuleKind.Never, static name => new NodeId(name)),
            With = Ruled(wire, RuleKind.With, static name => new ServiceName(name)),
            After = Ruled(wire, RuleKind.After, static name => new ServiceName(name)),
            Apart = Ruled(wire, RuleKind.Apart, static name => new ServiceName(name)),
        };
    }

    /// <summary>Counts first: a list that is empty costs nothing.</summary>
    private static ImmutableArray<T> Ruled<T>(
        RepeatedField<Wire.PlacementRule> wire, RuleKind kind, Func<string, T> make)
    {
        var count = 0;
        for (var i = 0; i < wire.Count; i++) count += wire[i].Kind == (uint)kind ? 1 : 0;
        if (count == 0) return [];
        var names = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < wire.Count; i++)
        {
            if (wire[i].Kind == (uint)kind) names.Add(make(wire[i].Name));
        }

        return names.MoveToImmutable();
    }

    private static NodeEntry ToNodeEntry(Wire.NodeEntry wire, ref string? fault)
    {
        var entry = new NodeEntry(ToNode(wire.Node, ref fault), wire.IsDrained);
        if (wire.Kinds is { } told)
        {
            entry = entry with { HasToldKinds = true, Kinds = ToKinds(told.Kinds, ref fault) };
        }

        if (wire.Exits is not { } exits) return entry;
        var times = ImmutableArray.CreateBuilder<TimeSpan>(exits.At.Count);
        foreach (var at in exits.At) times.Add(new TimeSpan(ToNumber(at, ref fault)));
        return entry with
        {
            EvictedTo = exits.EvictedTo,
            Exits = times.MoveToImmutable(),
            IsQuarantined = exits.IsQuarantined,
        };
    }

    internal static NodeId ToNode(string name, ref string? fault)
    {
        if (name.Length is 0 or > NodeId.MaxLength) fault ??= $"a node's name has {name.Length} characters";
        return new NodeId(name);
    }

    private static ImmutableArray<NodeId> ToNodes(RepeatedField<string> names, ref string? fault)
    {
        var nodes = ImmutableArray.CreateBuilder<NodeId>(names.Count);
        foreach (var name in names) nodes.Add(ToNode(name, ref fault));
        return nodes.MoveToImmutable();
    }

    private static string ToText(string text, int limit, ref string? fault)
    {
        if (text.Length > limit) fault ??= $"a text of {text.Length} characters, the limit is {limit}";
        return text;
    }
}
