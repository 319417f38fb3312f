using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Understudy;

/// <summary>Reads a snapshot beside the state, which is not changed by it.</summary>
internal sealed class SnapshotReader(
    ReadOnlySequence<byte> snapshot, ReplicatedStateOptions options, SnapshotReader.Finder find)
{
    private readonly XxHash128 _hash = new();
    private readonly SortedDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> _loads =
        new(StringComparer.Ordinal);
    private ReadOnlySequence<byte> _rest = snapshot;
    private long _length;

    internal delegate ReplicatedCollection Finder(string name, CollectionKind kind, FieldReader reader);

    /// <summary>The collections with contents, by their names.</summary>
    public IReadOnlyDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> Loads => _loads;

    /// <exception cref="StateRefusedException">The snapshot is damaged, or does not fit.</exception>
    public void Read()
    {
        ReadHeader(Next(SnapshotFormat.HeaderBytes));
        for (var length = BlockLength(); length > 0; length = BlockLength()) ReadBlock(Next(length));
        ReadEnd();
    }

    private int BlockLength()
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(Next(4));
        return length is >= 0 and <= SnapshotFormat.MaxBlockBytes
            ? length
            : throw Refused($"a block in it claims {(uint)length} bytes, {SnapshotFormat.MaxBlockBytes} are allowed");
    }

    private void ReadHeader(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith(SnapshotFormat.Magic)) throw Refused("it is no snapshot of a ReplicatedState");
        if (header[4] != SnapshotFormat.Layout)
            throw Refused($"its layout {header[4]} is unknown, this version knows {SnapshotFormat.Layout}");
        if (header[5..8].ContainsAnyExcept((byte)0)) throw Refused("reserved bytes of its header are in use");
        CheckpointFormat.CheckFormat(
            new FieldReader([], "snapshot"), BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), options);
    }

    private void ReadBlock(ReadOnlySpan<byte> block)
    {
        var reader = new FieldReader(block, "snapshot");
        var (name, kind) = CheckpointFormat.ReadName(ref reader);
        if (!_loads.TryGetValue(name, out var found))
        {
            if (_loads.Count == ReplicatedState.MaxCollections) throw Refused("it has too many collections");
            var collection = find(name, kind, reader);
            found = (collection, collection.Load());
            _loads.Add(name, found);
        }

        if (found.Collection.Kind != kind) throw Refused($"'{name}' has two kinds in it");
        while (!reader.IsAtEnd) found.Load.Item(ref reader);
    }

    private void ReadEnd()
    {
        var length = _length - 4;
        if (BinaryPrimitives.ReadInt64LittleEndian(Next(8)) != length) throw Refused("parts of it are missing");
        var expected = _hash.GetCurrentHash();
        if (!Next(expected.Length).SequenceEqual(expected))
            throw Refused("its checksum does not match, so it is damaged");
        if (!_rest.IsEmpty) throw Refused("it goes on after its end");
    }

    /// <summary>The next bytes, copied only if they lie in several pieces of memory.</summary>
    private ReadOnlySpan<byte> Next(int length)
    {
        if (length > _rest.Length) throw Refused("it ends early");
        var part = _rest.Slice(0, length);
        _rest = _rest.Slice(length);
        _length += length;
        var bytes = part.IsSingleSegment ? part.FirstSpan : part.ToArray();
        _hash.Append(bytes);
        return bytes;
    }

    private static StateRefusedException Refused(string reason) => new FieldReader([], "snapshot").Refused(reason);
}
