using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

/// <summary>One of every message and record, with every field filled.</summary>
internal static class ReplicationSamples
{
    public static readonly ServiceName Service = new("kv");

    public static readonly ConfigurationVersion Version = new(9);

    public static readonly MemberId N1 = new(new NodeId("n1"), new Incarnation(3, 0xA1A2A3A4A5A6A7A8));

    public static readonly MemberId N2 = new(new NodeId("n2"), new Incarnation(4, 0xB1B2B3B4B5B6B7B8));

    public static readonly RequestId RequestId = new(N1, 77);

    public static readonly ServiceDefinition Definition = new(Service, "kv", 2, 1, true);

    public static readonly ServiceEntry Entry = new(
        Definition,
        new Configuration(
            Service, Version, new Lineage(2), N1,
            [new Provider(N1, new DiskId(11)), new Provider(N2, new DiskId(new UInt128(1, 12)))], new Epoch(7)));

    /// <summary>A definition with every rule.</summary>
    public static readonly ServiceDefinition Ruled = new(Service, "kv", 1, 0, true)
    {
        Preferred = [N2.Node, N1.Node],
        Only = [N1.Node, N2.Node, new NodeId("n4")],
        Never = [new NodeId("n3")],
        With = [new ServiceName("base")],
        After = [new ServiceName("first")],
        Apart = [new ServiceName("other")],
        AuditEvery = TimeSpan.FromHours(6),
        Restarts = 0,
        RestartWindow = TimeSpan.FromMinutes(1),
        TotalLoss = TotalLossPolicy.StartEmpty,
        MinInSync = 2,
    };

    /// <summary>A definition that commits after it has answered.</summary>
    public static readonly ServiceDefinition Periodic = Definition with
    {
        CheckpointEvery = TimeSpan.FromMilliseconds(250),
        KeepKeysFor = TimeSpan.FromHours(12),
    };

    /// <summary>A definition of a worker.</summary>
    public static readonly ServiceDefinition Exclusive = new(Service, "kv", 0, 0, false) { IsExclusive = true };

    /// <summary>An entry in the middle of a switchover.</summary>
    public static readonly ServiceEntry Planned = Entry with
    {
        Definition = Ruled,
        Placement = [N1.Node, N2.Node],
        Excluded = [new NodeId("n4")],
        IsFrozen = true,
        IsHeld = true,
        Operation = new Operation(N2.Node, OperationStage.Freeze, TimeSpan.FromSeconds(90), "n1 is drained"),
        Failures = [new ProviderFailures(N1, 3, 2, TimeSpan.FromSeconds(80))],
        LastError = "it threw",
        IsStopped = true,
        Recovery = new Recovery(N2.Node),
        Configuration = Entry.Configuration with { Origin = N1.Node },
    };

    /// <summary>An entry whose secondary left because it was behind.</summary>
    public static readonly ServiceEntry Left = Entry with
    {
        Placement = [N1.Node, N2.Node],
        Left = [new Departure(N2.Node, new DiskId(12), new LeaveReason(LeaveCause.BehindBytes, 150 << 20))],
        Audits = new Audits(3, 2, TimeSpan.FromHours(30)),
    };

    /// <summary>One of every command.</summary>
    public static readonly OperatorCommand[] Commands =
    [
        new OperatorCommand.AddService(Ruled),
        new OperatorCommand.ChangeService(Definition),
        new OperatorCommand.RemoveService(Service),
        new OperatorCommand.AddProvider(Service, N1.Node),
        new OperatorCommand.RemoveProvider(Service, N1.Node),
        new OperatorCommand.Switchover(Service, N2.Node),
        new OperatorCommand.Switchover(Service, null),
        new OperatorCommand.Abort(Service),
        new OperatorCommand.Failover(Service, AcceptsLoss: true),
        new OperatorCommand.Drain(N1.Node),
        new OperatorCommand.Undrain(N1.Node),
        new OperatorCommand.Hold(Service),
        new OperatorCommand.Hold(null),
        new OperatorCommand.Resume(Service),
        new OperatorCommand.Resume(null),
        new OperatorCommand.Audit(Service),
        new OperatorCommand.Release(N1.Node),
        new OperatorCommand.Recover(Service, N2.Node, AcceptsLoss: true),
        new OperatorCommand.Recover(Service, null, AcceptsLoss: false),
    ];

    public static readonly RmEntry Rm = new(
        N1, Version, new Operation(N2.Node, OperationStage.Freeze, TimeSpan.FromSeconds(3), "an operator"));

    public static readonly ReplicationMessage[] Control =
    [
        new ReplicationMessage.InSyncWanted(Service, Version, new Provider(N2, new DiskId(12)), true),
        new ReplicationMessage.InSyncWanted(
            Service, Version, new Provider(N2, new DiskId(12)), false,
            new LeaveReason(LeaveCause.BehindTime, 52_000_000)),
        new ReplicationMessage.MapPushed(new ServiceMap(new ConfigurationVersion(5), 60, [Entry])),
        new ReplicationMessage.MapTaken(new ConfigurationVersion(5), 60),
        new ReplicationMessage.MapPushed(new ServiceMap(new ConfigurationVersion(5), 60, [Entry]))
        {
            Since = 58,
            Removed = [new ServiceName("old")],
            Part = 1,
            Parts = 3,
        },
        new ReplicationMessage.MapTaken(new ConfigurationVersion(5), 57, IsMissed: true),
        new ReplicationMessage.Progressed(
            Service, Version,
            [
                new JoiningProgress(N1, 62) { Transfer = new TransferProgress(700, 1_000, 90) },
                new JoiningProgress(N2, 100),
            ]),
        new ReplicationMessage.HandOverWanted(),
        new ReplicationMessage.Frozen(Service, Version, 0),
        new ReplicationMessage.Frozen(Service, Version, 60),
        new ReplicationMessage.Audited(Service, Version, 812, new UInt128(0xD1D2D3D4D5D6D7D8, 0xE1E2E3E4E5E6E7E8)),
        new ReplicationMessage.StateDiffered(Service, Version, 812),
        new ReplicationMessage.AuditEnded(Service, Version, 4, "n3 differs", IsPrimaryOdd: true),
        new ReplicationMessage.CopyVoid(
            Service, Version, new Provider(N2, new DiskId(12)),
            new LeaveReason(LeaveCause.RecordDamaged, 0, "data.db: checkpoint 5")),
        new ReplicationMessage.CopyGood(Service, Version, new Provider(N2, new DiskId(12))),
        new ReplicationMessage.CodeFailed(Service, 2, "it threw"),
        new ReplicationMessage.KindsOffered(["kv", "votes"]),
        new ReplicationMessage.Vacated(Service, Version),
        new ReplicationMessage.MapPushed(new ServiceMap(new ConfigurationVersion(5), 60, []) { Rm = Rm }),
        new ReplicationMessage.TakenOver([new Beginning(Service, Version, 812)], IsNoted: true),
    ];

    public static readonly ReplicationMessage[] Bulk =
    [
        new ReplicationMessage.Append(
            Service, Version, 600, new ConfigurationVersion(8),
            [new LogEntry(Version, 601, KernelGen.Utf8("one")), new LogEntry(Version, 602, KernelGen.Utf8(""))],
            599, 41),
        new ReplicationMessage.Appended(Service, Version, true, 602, 41),
        new ReplicationMessage.SnapshotPart(
            Service, Version, new ConfigurationVersion(8), 590, 4096, 8192, KernelGen.Utf8("part")),
        new ReplicationMessage.SnapshotReceived(Service, Version, 590, 8192),
        new ReplicationMessage.Request(RequestId, 70, Service, Version, true, "key-1", KernelGen.Utf8("ask")),
        new ReplicationMessage.Answer(RequestId, AnswerKind.KeyReused, KernelGen.Utf8("told"), Version),
    ];
}
