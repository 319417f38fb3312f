using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Understudy;

/// <summary>Reads a snapshot beside the state, which is not changed by it.</summary>
internal sealed class SnapshotReader(Stream stream, ReplicatedStateOptions options, SnapshotReader.Finder find)
{
    // What a damaged length claims is not allocated before as many bytes have come.
    private const int StepBytes = 1024 * 1024;

    private readonly XxHash128 _hash = new();
    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly SortedDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> _loads =
        new(StringComparer.Ordinal);
    private long _length;

    internal delegate ReplicatedCollection Finder(string name, CollectionKind kind, FieldReader reader);

    /// <summary>The collections with contents, by their names.</summary>
    public IReadOnlyDictionary<string, (ReplicatedCollection Collection, CollectionLoad Load)> Loads => _loads;

    /// <exception cref="StateRefusedException">The snapshot is damaged, or does not fit.</exception>
    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadPartAsync(SnapshotFormat.HeaderBytes, cancellationToken);
            ReadHeader();
            for (var block = await LengthAsync(cancellationToken); block > 0;)
            {
                await ReadPartAsync(block, cancellationToken);
                ReadBlock();
                block = await LengthAsync(cancellationToken);
            }

            await ReadEndAsync(cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw Refused("it ends early", e);
        }
    }

    private async ValueTask<int> LengthAsync(CancellationToken cancellationToken)
    {
        await ReadPartAsync(4, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(_part.WrittenSpan);
        return length is >= 0 and <= SnapshotFormat.MaxBlockBytes
            ? length
            : throw Refused($"a block in it claims {(uint)length} bytes, {SnapshotFormat.MaxBlockBytes} are allowed");
    }

    private void ReadHeader()
    {
        var header = _part.WrittenSpan;
        if (!header.StartsWith(SnapshotFormat.Magic)) throw Refused("it is no snapshot of a ReplicatedState");
        if (header[4] != SnapshotFormat.Layout)
            throw Refused($"its layout {header[4]} is unknown, this version knows {SnapshotFormat.Layout}");
        if (header[5..8].ContainsAnyExcept((byte)0)) throw Refused("reserved bytes of its header are in use");
        CheckpointFormat.CheckFormat(
            new FieldReader([], "snapshot"), BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), options);
    }

    private void ReadBlock()
    {
        var reader = new FieldReader(_part.WrittenSpan, "snapshot");
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

    private async ValueTask ReadEndAsync(CancellationToken cancellationToken)
    {
        var length = _length - 4;
        await ReadPartAsync(8, cancellationToken);
        if (BinaryPrimitives.ReadInt64LittleEndian(_part.WrittenSpan) != length) throw Refused("parts of it are missing");
        var expected = _hash.GetCurrentHash();
        await ReadPartAsync(expected.Length, cancellationToken);
        if (!_part.WrittenSpan.SequenceEqual(expected)) throw Refused("its checksum does not match, so it is damaged");
    }

    private async ValueTask ReadPartAsync(int length, CancellationToken cancellationToken)
    {
        _part.ResetWrittenCount();
        while (_part.WrittenCount < length)
        {
            var step = _part.GetMemory(Math.Min(StepBytes, length - _part.WrittenCount));
            step = step[..Math.Min(step.Length, length - _part.WrittenCount)];
            await stream.ReadExactlyAsync(step, cancellationToken);
            _part.Advance(step.Length);
        }

        _hash.Append(_part.WrittenSpan);
        _length += length;
    }

    private static StateRefusedException Refused(string reason, Exception? because = null) =>
        new FieldReader([], "snapshot").Refused(reason, because);
}
