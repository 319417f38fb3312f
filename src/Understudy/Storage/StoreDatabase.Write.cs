using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Understudy.Kernel;

namespace Understudy.Storage;

/// <summary>What writes rows; always inside a transaction.</summary>
internal sealed partial class StoreDatabase
{
    private long _lastReplicaId;

    public void Apply(ImmutableArray<StoreWrite> writes)
    {
        foreach (var write in writes) Apply(write);
    }

    public void PutMeta(string key, ReadOnlySpan<byte> value) =>
        PutNamed(_statements.PutMeta, StoreTable.Meta, key, value);

    public void PutRecord(string key, ReadOnlySpan<byte> value) =>
        PutNamed(_statements.PutRecord, StoreTable.Record, key, value);

    private void Apply(StoreWrite write)
    {
        switch (write)
        {
            case StoreWrite.PutRecord put:
                PutNamed(_statements.PutRecord, StoreTable.Record, put.Key, put.Value.Span);
                break;
            case StoreWrite.AppendEntries append:
                Append(append);
                break;
            case StoreWrite.TruncateAfter truncate:
                TruncateAfter(truncate);
                break;
            case StoreWrite.PutSnapshot put:
                PutSnapshot(put.Service, put.Snapshot);
                break;
            case StoreWrite.RemoveReplica remove:
                RemoveReplica(remove.Service);
                break;
            default:
                throw new UnreachableException($"Unknown write {write}.");
        }
    }

    private void PutNamed(Statement put, StoreTable table, string key, ReadOnlySpan<byte> value)
    {
        var name = Encoding.UTF8.GetBytes(key);
        put.BindText(name).Bind(StoreFormat.Row).BindBlob(value).Bind(_checksum.Of(table, name, 0, 0, value)).Run();
    }

    private void Append(StoreWrite.AppendEntries append)
    {
        if (append.Entries.IsEmpty) return;

        var replica = Replica(append.Service);
        foreach (var entry in append.Entries)
        {
            replica.Append(entry.Sequence);
            var payload = entry.Payload.Span;
            var checksum = _checksum.Of(
                StoreTable.Journal, replica.Name, entry.Version.Value, entry.Sequence, payload);
            _statements.Append.Bind(replica.Id).Bind(entry.Sequence).Bind(StoreFormat.Row)
                .Bind(entry.Version.Value).BindBlob(payload).Bind(checksum).Run();
        }
    }

    private void TruncateAfter(StoreWrite.TruncateAfter truncate)
    {
        if (!_replicas.TryGetValue(truncate.Service, out var replica)) return;

        replica.TruncateAfter(truncate.Sequence);
        _statements.RemoveAfter.Bind(replica.Id).Bind(truncate.Sequence).Run();
    }

    private void PutSnapshot(ServiceName service, Snapshot snapshot)
    {
        var replica = Replica(service);
        replica.PutSnapshot(snapshot.Sequence);
        var state = snapshot.State.Span;
        var checksum = _checksum.Of(
            StoreTable.Snapshot, replica.Name, snapshot.Version.Value, snapshot.Sequence, state);
        _statements.PutSnapshot.Bind(replica.Id).Bind(StoreFormat.Row).Bind(snapshot.Version.Value)
            .Bind(snapshot.Sequence).BindBlob(state).Bind(checksum).Run();
        _statements.RemoveUpTo.Bind(replica.Id).Bind(snapshot.Sequence).Run();
    }

    private void RemoveReplica(ServiceName service)
    {
        if (!_replicas.Remove(service, out var replica)) return;

        _statements.RemoveUpTo.Bind(replica.Id).Bind(long.MaxValue).Run();
        _statements.RemoveSnapshot.Bind(replica.Id).Run();
        _statements.RemoveReplica.Bind(replica.Id).Run();
    }

    private ReplicaBounds Replica(ServiceName service)
    {
        if (_replicas.TryGetValue(service, out var known)) return known;

        var replica = new ReplicaBounds(service, ++_lastReplicaId, Encoding.UTF8.GetBytes(service.Value));
        _statements.AddReplica.Bind(replica.Id).BindText(replica.Name)
            .Bind(_checksum.Of(StoreTable.Replica, replica.Name, 0, replica.Id, [])).Run();
        _replicas.Add(service, replica);
        return replica;
    }
}
