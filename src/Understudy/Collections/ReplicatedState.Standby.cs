namespace Understudy;

/// <content>What the node tells the state: its role, checkpoints, snapshots.</content>
public sealed partial class ReplicatedState
{
    /// <summary>
    /// Whether this holds changes that were perhaps never committed: it was primary, and ended with checkpoints under
    /// way. Only a snapshot makes it fit for checkpoints again.
    /// </summary>
    internal bool NeedsSnapshot { get; private set; }

    /// <summary>From now on transactions run here, and their checkpoints go to the sink.</summary>
    internal void BecomePrimary(ICheckpointSink sink)
    {
        lock (_lock)
        {
            CheckIsWhole();
            _isInUse = true;
            _term = new PrimaryTerm(sink);
        }
    }

    /// <summary>From now on no transactions run here. Those under way end as the sink ends them.</summary>
    /// <param name="primary">Who is primary, as far as known.</param>
    internal void BecomeStandby(string? primary)
    {
        lock (_lock)
        {
            _isInUse = true;
            _primary = primary;
            if (_term is { } term) NeedsSnapshot |= term.HasUncommitted;
            _term = null;
        }
    }

    /// <summary>Completes when all that was executed here as primary is committed; fails if it will not be.</summary>
    internal Task DrainAsync()
    {
        PrimaryTerm? term;
        lock (_lock) term = _term;
        return term is null ? Task.CompletedTask : term.CommittedUpToAsync(term.Executed);
    }

    /// <summary>Makes the changes of the next checkpoint, all or none.</summary>
    /// <exception cref="StateRefusedException">It cannot be taken; the message says why and what to do.</exception>
    internal void ApplyCheckpoint(ReadOnlyMemory<byte> checkpoint)
    {
        lock (_lock)
        {
            CheckIsWhole();
            if (_term is not null)
                throw new InvalidOperationException("A checkpoint came to a state that is primary.");
            _isInUse = true;
            try
            {
                Apply(new FieldReader(checkpoint.Span, "checkpoint"));
                _open.Keep();
            }
            catch
            {
                _open.Undo();
                throw;
            }
        }
    }

    /// <summary>What is here at this moment. To write it takes no lock and may take long.</summary>
    /// <param name="checkpoints">How many checkpoints this primary has handed on before the moment.</param>
    internal FrozenState Freeze(out long checkpoints)
    {
        lock (_lock)
        {
            checkpoints = _term?.Executed ?? 0;
            return new FrozenState(
                Format, [.. from collection in _collections.Values
                            where !collection.IsEmpty
                            select collection.Freeze()]);
        }
    }

    /// <summary>Writes all collections.</summary>
    internal async ValueTask SaveSnapshotAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var part in Freeze(out _).Parts()) await stream.WriteAsync(part, cancellationToken);
    }

    /// <summary>Equal for equal contents, on whichever node and however they came about.</summary>
    internal UInt128 Digest() => Freeze(out _).Digest();

    /// <summary>Replaces the contents of all collections, or, if it throws, of none.</summary>
    /// <exception cref="StateRefusedException">It cannot be taken; the message says why and what to do.</exception>
    internal async ValueTask<SnapshotLoaded> LoadSnapshotAsync(Stream stream, CancellationToken cancellationToken)
    {
        var snapshot = new SnapshotReader(stream, _options, Find);
        await snapshot.ReadAsync(cancellationToken);
        lock (_lock)
        {
            _isInUse = true;
            NeedsSnapshot = false;
            return Take(snapshot.Loads);
        }
    }

    /// <summary>Empties all collections: what a provider begins with, and the contents of no snapshot at all.</summary>
    internal void Clear()
    {
        lock (_lock)
        {
            NeedsSnapshot = false;
            Take(new Dictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)>());
        }
    }

    private void Apply(FieldReader reader)
    {
        CheckpointFormat.ReadHeader(ref reader, _options);
        while (!reader.IsAtEnd)
        {
            var reference = reader.Number();
            var collection = reference == 0 ? Named(ref reader) : _open.Touched(reference);
            if (collection is null) throw reader.Refused($"it refers to a collection {reference} that it has not named");
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

    private SnapshotLoaded Take(IReadOnlyDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> loads)
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

    private void CheckIsWhole()
    {
        if (NeedsSnapshot)
            throw new InvalidOperationException(
                "The state holds changes that were perhaps never committed: load a snapshot first.");
    }
}
