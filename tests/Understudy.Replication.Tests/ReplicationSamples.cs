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

    public static readonly ReplicationMessage[] Control =
    [
        new ReplicationMessage.InSyncWanted(Service, Version, new Provider(N2, new DiskId(12)), true),
        new ReplicationMessage.MapPushed(new ServiceMap(new ConfigurationVersion(5), 60, [Entry])),
        new ReplicationMessage.MapTaken(new ConfigurationVersion(5), 60),
        new ReplicationMessage.Progressed(
            Service, Version, [new JoiningProgress(N1, 62), new JoiningProgress(N2, 100)]),
        new ReplicationMessage.HandOverWanted(),
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
        new ReplicationMessage.Request(RequestId, 70, Service, true, "key-1", KernelGen.Utf8("ask")),
        new ReplicationMessage.Answer(RequestId, AnswerKind.KeyReused, KernelGen.Utf8("told"), Version),
    ];
}
