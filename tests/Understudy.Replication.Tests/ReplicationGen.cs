using CsCheck;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using static Understudy.Codecs.KernelGen;

namespace Understudy.Replication.Tests;

/// <summary>Generates replication's messages and records.</summary>
internal static class ReplicationGen
{
    private static readonly Gen<Provider> Providers =
        Gen.Select(MemberIds, Disks, (member, disk) => new Provider(member, disk));

    private static readonly Gen<NodeId> Nodes = MemberIds.Select(member => member.Node);

    private static readonly Gen<ServiceDefinition> Plain = Gen.Select(
        Services, Names, Gen.Int[0, int.MaxValue], Gen.Int[0, 9], Gen.Bool,
        (name, kind, secondaries, spares, durable) => new ServiceDefinition(name, kind, secondaries, spares, durable));

    private static readonly Gen<ServiceDefinition> WithPolicies = Gen.Select(
        Plain, Gen.Int[0, 5], Gen.Int[1, 1_000],
        (definition, restarts, seconds) => definition with
        {
            Restarts = restarts,
            RestartWindow = TimeSpan.FromSeconds(seconds),
            TotalLoss = (TotalLossPolicy)(seconds % 2),
            MinInSync = 1 + restarts,
            KeepKeysFor = TimeSpan.FromMinutes(seconds),
            CheckpointEvery = restarts == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(seconds),
        });

    public static readonly Gen<ServiceDefinition> Definitions = Gen.Select(
        WithPolicies, List(Nodes), List(Nodes), List(Nodes), List(Services), List(Services), Gen.Long[0, 3],
        (definition, preferred, only, never, with, after, every) => definition with
        {
            AuditEvery = every == 3 ? ServiceDefinition.Daily : new TimeSpan(every * 10_000_000),
            Preferred = preferred,
            Only = only,
            Never = never,
            With = with,
            After = after,
            Apart = with,
            IsExclusive = !definition.Durable && definition.Spares > 4,
        });

    public static readonly Gen<NodeEntry> NodeEntries =
        Gen.Select(Nodes, Gen.Bool, Gen.Bool, Gen.ULong, List(Numbers), List(Names), (
            node, isDrained, isQuarantined, to, exits, kinds) => new NodeEntry(node, isDrained)
            {
                HasToldKinds = !kinds.IsEmpty,
                Kinds = kinds,
                EvictedTo = to,
                Exits = [.. exits.Select(at => new TimeSpan(at))],
                IsQuarantined = isQuarantined,
            });

    private static readonly Gen<Operation> Operations = Gen.Select(
        Nodes, Gen.Enum<OperationStage>(), Numbers, Names,
        (target, stage, since, cause) => new Operation(target, stage, new TimeSpan(since), cause));

    private static readonly Gen<ServiceEntry> Started = Gen.Select(
        Definitions, Versions, Lineages, Maybe(MemberIds), List(Providers), Epochs, Gen.Bool,
        (definition, version, lineage, primary, inSync, cause, isPlanned) => new ServiceEntry(
            definition, new Configuration(definition.Name, version, lineage, primary, inSync, cause, isPlanned)));

    private static readonly Gen<LeaveReason> Reasons = Gen.Select(
        Gen.Enum<LeaveCause>(), Numbers, Names, (cause, amount, detail) => new LeaveReason(cause, amount, detail));

    private static readonly Gen<UInt128> Digests =
        Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low));

    private static readonly Gen<Departure> Departures =
        Gen.Select(Nodes, Disks, Reasons, (node, disk, reason) => new Departure(node, disk, reason));

    private static readonly Gen<ProviderFailures> Failures = Gen.Select(
        MemberIds, Numbers, Gen.Int[0, 9], Numbers,
        (member, number, count, since) => new ProviderFailures(member, number, count, new TimeSpan(since)));

    private static readonly Gen<ServiceEntry> Failing = Gen.Select(
        Started, List(Failures), Names, Gen.Bool, (entry, failures, error, isStopped) => entry with
        {
            Failures = failures,
            LastError = error,
            IsStopped = isStopped,
            Recovery = isStopped ? new Recovery(failures.IsEmpty ? null : failures[0].Member.Node) : null,
            Configuration = entry.Configuration with { Origin = failures.IsEmpty ? null : failures[0].Member.Node },
        });

    public static readonly Gen<ServiceEntry> Entries = Gen.Select(
        Failing, List(Nodes), List(Nodes), Gen.Bool, Gen.Bool, Gen.Select(Gen.Bool, Operations), List(Departures),
        (entry, placement, excluded, isFrozen, isHeld, operation, left) => entry with
        {
            Left = left,
            Audits = new Audits(left.Length, placement.Length, entry.Definition.AuditEvery),
            Placement = placement,
            Excluded = excluded,
            IsFrozen = isFrozen,
            IsHeld = isHeld,
            Operation = operation.Item1 ? operation.Item2 : null,
        });

    public static readonly Gen<HistoryEntry> Changes = Gen.Select(
        Numbers, Numbers, Gen.Select(Gen.Bool, Services), Versions, Names, Names,
        (number, at, service, version, cause, what) => new HistoryEntry(
            number, new TimeSpan(at), service.Item1 ? service.Item2 : null, version, cause, what)
        {
            From = version,
            Lineage = new Lineage(number),
            Position = service.Item1 ? at : null,
            Phases = [.. Enumerable.Repeat(new HistoryPhase(cause, new TimeSpan(at)), (int)(number % 4))],
        });

    public static readonly Gen<OperatorCommand> Commands = Gen.Select(
        Gen.Int[0, 17], Definitions, Services, Nodes,
        (kind, definition, service, node) => (OperatorCommand)(kind switch
        {
            0 => new OperatorCommand.AddService(definition),
            1 => new OperatorCommand.ChangeService(definition),
            2 => new OperatorCommand.RemoveService(service),
            3 => new OperatorCommand.AddProvider(service, node),
            4 => new OperatorCommand.RemoveProvider(service, node),
            5 => new OperatorCommand.Switchover(service, node),
            6 => new OperatorCommand.Switchover(service, null),
            7 => new OperatorCommand.Abort(service),
            8 => new OperatorCommand.Failover(service, definition.Durable),
            9 => new OperatorCommand.Drain(node),
            10 => new OperatorCommand.Undrain(node),
            11 => new OperatorCommand.Hold(definition.Durable ? service : null),
            12 => new OperatorCommand.Resume(service),
            16 => new OperatorCommand.Audit(service),
            13 => new OperatorCommand.Release(node),
            14 => new OperatorCommand.Recover(service, node, definition.Durable),
            15 => new OperatorCommand.Recover(service, null, AcceptsLoss: true),
            _ => new OperatorCommand.Resume(null),
        }));

    private static readonly Gen<LogEntry> LogEntries = Gen.Select(
        Versions, Numbers, Bytes, (version, sequence, payload) => new LogEntry(version, sequence, payload));

    private static readonly Gen<RequestId> RequestIds =
        Gen.Select(MemberIds, Numbers, (gateway, number) => new RequestId(gateway, number));

    private static readonly Gen<string?> Keys = Gen.Select(
        Gen.Int[0, 2], Names, (choice, key) => choice switch { 0 => null, 1 => "", _ => key });

    public static readonly Gen<ReplicationMessage> Control = Gen.OneOf(
        Gen.Select(
            Services, Versions, Providers, Gen.Bool, Reasons,
            (service, version, provider, isIncluded, reason) => (ReplicationMessage)new ReplicationMessage.InSyncWanted(
                service, version, provider, isIncluded, isIncluded ? null : reason)),
        Gen.Select(
            Gen.Select(
                Versions, Numbers, List(Entries), List(NodeEntries), Gen.Bool,
                (generation, sequence, services, nodes, isHeld) =>
                    new ServiceMap(generation, sequence, services)
                    {
                        Nodes = nodes,
                        IsHeld = isHeld,
                        Rm = isHeld ? ReplicationSamples.Rm : RmEntry.None,
                    }),
            Numbers, List(Services), Gen.Int[0, 4], Gen.Int[1, 5],
            (map, since, removed, part, more) => (ReplicationMessage)new ReplicationMessage.MapPushed(map)
            {
                Since = since,
                Removed = removed,
                Part = part,
                Parts = part + more,
            }),
        Gen.Select(Versions, Numbers, Gen.Bool, (generation, sequence, isMissed) =>
            (ReplicationMessage)new ReplicationMessage.MapTaken(generation, sequence, isMissed)),
        Gen.Select(
            Services,
            Versions,
            List(Gen.Select(MemberIds, Gen.Int[0, 100], (member, percent) =>
                new JoiningProgress(member, percent)
                {
                    Transfer = percent % 2 == 0 ? null : new TransferProgress(percent, percent * 7, 3),
                })),
            (service, version, joining) =>
                (ReplicationMessage)new ReplicationMessage.Progressed(service, version, joining)),
        Gen.Select(Services, Versions, (service, version) =>
            (ReplicationMessage)new ReplicationMessage.Frozen(service, version, version.Value)),
        Gen.Select(Services, Versions, Numbers, Digests, (service, version, sequence, digest) =>
            (ReplicationMessage)new ReplicationMessage.Audited(service, version, sequence, digest)),
        Gen.Select(Services, Versions, Numbers, (service, version, sequence) =>
            (ReplicationMessage)new ReplicationMessage.StateDiffered(service, version, sequence)),
        Gen.Select(Services, Versions, Numbers, Names, Gen.Bool, (service, version, number, what, isOdd) =>
            (ReplicationMessage)new ReplicationMessage.AuditEnded(service, version, number, what, isOdd)),
        Gen.Select(Services, Versions, Providers, Reasons, (service, version, provider, reason) =>
            (ReplicationMessage)new ReplicationMessage.CopyVoid(service, version, provider, reason)),
        Gen.Select(Services, Versions, Providers, (service, version, provider) =>
            (ReplicationMessage)new ReplicationMessage.CopyGood(service, version, provider)),
        List(Names).Select(kinds => (ReplicationMessage)new ReplicationMessage.KindsOffered(kinds)),
        Gen.Select(
            List(Gen.Select(Services, Versions, Numbers, (name, version, at) => new Beginning(name, version, at))),
            Gen.Bool,
            (services, isNoted) => (ReplicationMessage)new ReplicationMessage.TakenOver(services, isNoted)),
        Gen.Select(Services, Numbers, Names, (service, number, error) =>
            (ReplicationMessage)new ReplicationMessage.CodeFailed(service, number, error)),
        Gen.Select(Services, Versions, (service, version) =>
            (ReplicationMessage)new ReplicationMessage.Vacated(service, version)),
        Gen.Const((ReplicationMessage)new ReplicationMessage.HandOverWanted()));

    private static readonly Gen<ReplicationMessage> Checkpoints = Gen.OneOf(
        Gen.Select(
            Services, Gen.Select(Versions, Numbers, Versions), List(LogEntries), Numbers, Numbers,
            (service, start, entries, committed, round) => (ReplicationMessage)new ReplicationMessage.Append(
                service, start.Item1, start.Item2, start.Item3, entries, committed, round)),
        Gen.Select(Services, Versions, Gen.Bool, Numbers, Numbers, (service, version, isMatched, sequence, round) =>
            (ReplicationMessage)new ReplicationMessage.Appended(service, version, isMatched, sequence, round)));

    private static readonly Gen<ReplicationMessage> Snapshots = Gen.OneOf(
        Gen.Select(
            Services, Gen.Select(Versions, Versions, Numbers), Gen.Long[0, long.MaxValue / 2],
            Gen.Long[0, long.MaxValue / 4], Bytes,
            (service, start, offset, after, bytes) => (ReplicationMessage)new ReplicationMessage.SnapshotPart(
                service, start.Item1, start.Item2, start.Item3, offset, offset + bytes.Length + after, bytes)),
        Gen.Select(Services, Versions, Numbers, Numbers, (service, version, sequence, next) =>
            (ReplicationMessage)new ReplicationMessage.SnapshotReceived(service, version, sequence, next)));

    private static readonly Gen<ReplicationMessage> Requests = Gen.OneOf(
        Gen.Select(
            RequestIds, Numbers, Services, Versions, Gen.Bool, Keys, Bytes,
            (id, lowest, service, version, isRead, key, body) => (ReplicationMessage)new ReplicationMessage.Request(
                id, lowest, service, version, isRead, key, body)),
        Gen.Select(RequestIds, Gen.Enum<AnswerKind>(), Bytes, Versions, (id, kind, body, version) =>
            (ReplicationMessage)new ReplicationMessage.Answer(id, kind, body, version)));

    public static readonly Gen<ReplicationMessage> Bulk = Gen.OneOf(Checkpoints, Snapshots, Requests);
}
