using System.Buffers;

namespace Understudy;

/// <content>What the node tells the state: its role, checkpoints, snapshots.</content>
public sealed partial class ReplicatedState
{
    /// <summary>From now on transactions run here, and their checkpoints go to the sink.</summary>
    internal void BecomePrimary(string service, ICheckpointSink sink)
    {
        lock (_lock)
        {
            _isInUse = true;
            (_service, _sink, _primary) = (service, sink, null);
        }
    }

    /// <summary>
    /// From now on no transactions begin here. Those under way end as the sink ends them; what they changed and was
    /// not committed is there until a snapshot is loaded.
    /// </summary>
    /// <param name="primary">Who is primary, as far as known.</param>
    internal void BecomeStandby(string? primary)
    {
        lock (_lock)
        {
            _isInUse = true;
            (_sink, _primary) = (null, primary);
        }
    }

    /// <summary>Makes the changes of the next checkpoint, all of a transaction or none.</summary>
    /// <exception cref="StateRefusedException">It cannot be taken; the message says why and what to do.</exception>
    internal void ApplyCheckpoint(ReadOnlyMemory<byte> checkpoint)
    {
        lock (_lock)
        {
            if (_sink is not null) throw new InvalidOperationException("A checkpoint came to a state that is primary.");
            _isInUse = true;
            var reader = new FieldReader(checkpoint.Span, "checkpoint");
            if (checkpoint.IsEmpty || checkpoint.Span[0] != CheckpointFormat.Several)
            {
                ApplyWhole(reader);
                return;
            }

            reader.Byte();
            while (!reader.IsAtEnd) ApplyWhole(new FieldReader(reader.Field(), "checkpoint"));
        }
    }

    /// <summary>What is here at this moment. To write it takes no lock and may take long.</summary>
    internal FrozenState Freeze()
    {
        lock (_lock)
            return new FrozenState(
                Format, [.. from collection in _collections.Values
                            where !collection.IsEmpty
                            select collection.Freeze()]);
    }

    /// <summary>Writes all collections, block for block.</summary>
    internal void SaveSnapshot(IBufferWriter<byte> destination) => Freeze().Write(destination);

    /// <summary>Equal for equal contents, on whichever node and however they came about.</summary>
    internal UInt128 Digest() => Freeze().Digest();

    /// <summary>Replaces the contents of all collections, or, if it throws, of none.</summary>
    /// <param name="snapshot">The bytes; none at all for the empty state.</param>
    /// <exception cref="StateRefusedException">It cannot be taken; the message says why and what to do.</exception>
    internal SnapshotLoaded LoadSnapshot(ReadOnlySequence<byte> snapshot)
    {
        var reader = new SnapshotReader(snapshot, _options, Find);
        if (!snapshot.IsEmpty) reader.Read();
        lock (_lock)
        {
            _isInUse = true;
            return Take(reader.Loads);
        }
    }

    private void ApplyWhole(FieldReader reader)
    {
        try
        {
            Apply(reader);
            _open.Keep();
        }
        catch
        {
            _open.Undo();
            throw;
        }
    }

    private void Apply(FieldReader reader)
    {
        CheckpointFormat.ReadHeader(ref reader, _options);
        while (!reader.IsAtEnd)
        {
            var reference = reader.Number();
            var collection = reference == 0 ? Named(ref reader) : _open.Touched(reference);
            if (collection is null)
                throw reader.Refused($"it refers to a collection {reference} that it has not named");
            collection.Apply((ChangeKind)reader.Byte(), ref reader);
        }
    }

    private ReplicatedCollection Named(ref FieldReader reader)
    {
        var (name, kind) = CheckpointFormat.ReadName(ref reader);
        var collection = Find(name, kind, reader);
        if (!_open.Touch(collection)) throw reader.Refused($"it names '{name}' twice");
        _collections[name] = collection;
        return collection;
    }

    /// <summary>The collection of this name; a new one, not yet among the others, if there is none.</summary>
    private ReplicatedCollection Find(string name, CollectionKind kind, FieldReader reader)
    {
        lock (_lock)
        {
            if (!_collections.TryGetValue(name, out var collection))
                return _collections.Count < MaxCollections
                    ? Undeclared(name, kind)
                    : throw reader.Refused($"with it there would be more than {MaxCollections} collections");
            // What no version declared here may have become something else in a newer one while it was empty.
            if (!collection.IsDeclared && collection.IsEmpty && collection.Kind != kind) return Undeclared(name, kind);
            if (collection.Kind == kind) return collection;
            throw reader.Refused(
                $"'{name}' is a {kind} in it and a {collection.Kind} here; a collection that changes its kind needs "
                + "another name");
        }
    }

    private SnapshotLoaded Take(
        IReadOnlyDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> loads)
    {
        List<string> empty = [];
        foreach (var collection in _collections.Values.ToArray())
        {
            if (loads.ContainsKey(collection.Name)) continue;
            collection.Reset();
            if (collection.IsDeclared) empty.Add(collection.Name);
            else _collections.Remove(collection.Name);
        }

        foreach (var (name, (collection, load)) in loads)
        {
            load.Take();
            _collections[name] = collection;
        }

        return new SnapshotLoaded(
            empty, [.. from collection in _collections.Values where !collection.IsDeclared select collection.Name]);
    }
}
