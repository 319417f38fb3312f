using System.Runtime.InteropServices;

namespace Understudy;

/// <summary>
/// The changes of the transaction that runs: as bytes for the other nodes, and in the collections it touched, which
/// know how to take them back. One for each state, used again and again under its lock.
/// </summary>
internal sealed class OpenTransaction(ReplicatedState state, int format, int maxBytes)
{
    private readonly FieldWriter _checkpoint = new();
    private readonly FieldWriter _fields = new();
    private readonly List<ReplicatedCollection> _touched = [];

    public ReplicatedState State => state;

    public bool HasChanges => _touched.Count > 0;

    public void Append(ReplicatedCollection collection, ChangeKind change)
    {
        _fields.Reset();
        Commit(collection, change);
    }

    public void Append(ReplicatedCollection collection, ChangeKind change, long number)
    {
        _fields.Reset();
        _fields.Signed(number);
        Commit(collection, change);
    }

    public void Append<T>(
        ReplicatedCollection collection, ChangeKind change, IReplicatedSerializer<T> serializer, T value)
    {
        _fields.Reset();
        _fields.Field(serializer, value);
        Commit(collection, change);
    }

    public void Append<TKey, TValue>(
        ReplicatedCollection collection,
        ChangeKind change,
        (IReplicatedSerializer<TKey> Keys, IReplicatedSerializer<TValue> Values) serializers,
        TKey key,
        TValue value)
    {
        _fields.Reset();
        _fields.Field(serializers.Keys, key);
        _fields.Field(serializers.Values, value);
        Commit(collection, change);
    }

    /// <summary>Remembers that a collection was changed.</summary>
    /// <returns>Whether it is the first change of it.</returns>
    public bool Touch(ReplicatedCollection collection)
    {
        if (collection.Reference > 0) return false;
        _touched.Add(collection);
        collection.Reference = _touched.Count;
        return true;
    }

    /// <summary>A collection by the order in which the transaction first changed them; the first is 1.</summary>
    public ReplicatedCollection? Touched(ulong reference) =>
        reference >= 1 && reference <= (ulong)_touched.Count ? _touched[(int)reference - 1] : null;

    /// <summary>The changes as bytes that nobody else will write to.</summary>
    public byte[] ToCheckpoint() => _checkpoint.Written.ToArray();

    public void Undo()
    {
        foreach (var collection in CollectionsMarshal.AsSpan(_touched)) collection.Undo();
        End();
    }

    public void Keep()
    {
        foreach (var collection in CollectionsMarshal.AsSpan(_touched)) collection.Keep();
        End();
    }

    // Only now, when everything is serialised and small enough, may anything have happened: the application may catch
    // what a serializer threw and go on with its transaction.
    private void Commit(ReplicatedCollection collection, ChangeKind change)
    {
        var length = (long)_checkpoint.Length + _fields.Length + collection.NameBytes.Length;
        if (length > maxBytes)
            throw new TransactionTooLargeException(
                $"A transaction's changes take {length} bytes with this one of '{collection.Name}'; {maxBytes} are "
                + $"allowed. Split it, or raise {nameof(ReplicatedStateOptions.MaxTransactionBytes)}.");

        if (_checkpoint.Length == 0) CheckpointFormat.WriteHeader(_checkpoint, format);
        if (Touch(collection)) CheckpointFormat.WriteName(_checkpoint, collection);
        else _checkpoint.Number((ulong)collection.Reference);
        _checkpoint.Byte((byte)change);
        _checkpoint.Raw(_fields.Written.Span);
    }

    private void End()
    {
        foreach (var collection in CollectionsMarshal.AsSpan(_touched)) collection.Reference = 0;
        _touched.Clear();
        _checkpoint.Reset();
        _fields.Reset();
    }
}
