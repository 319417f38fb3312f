using System.Buffers;
using System.Buffers.Binary;

namespace Understudy.Benchmarks;

/// <summary>
/// A service whose state is numbered values of bytes. A change replaces one whole value, and what a value refers to
/// never changes: so a snapshot is of one moment though it is written beside changes.
/// </summary>
internal sealed class ValuesService : BenchmarkService, IReplicatedService
{
    public const string Name = "values";

    /// <summary>One of the large values; the first numbers are of small ones.</summary>
    public const int LargeBytes = 256 * 1024;

    /// <summary>How many values are small: they are what callers replace.</summary>
    public const int SmallValues = 1024;

    private const int NumberBytes = sizeof(int);

    private readonly List<ReadOnlyMemory<byte>> _values = [.. new ReadOnlyMemory<byte>[SmallValues]];

    /// <summary>Adds a large value, or replaces a small one, by 128 bytes with its number.</summary>
    public ReadOnlyMemory<byte> Put(int number, int length)
    {
        var change = new byte[NumberBytes + length];
        BinaryPrimitives.WriteInt32LittleEndian(change, number);
        change.AsSpan(NumberBytes).Fill((byte)number);
        Set(change);
        return change;
    }

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        Set(checkpoint);
        return default;
    }

    public Action<IBufferWriter<byte>> CaptureSnapshot()
    {
        ReadOnlyMemory<byte>[] values = [.. _values];
        return destination =>
        {
            foreach (var value in values)
            {
                BinaryPrimitives.WriteInt32LittleEndian(destination.GetSpan(NumberBytes), value.Length);
                destination.Advance(NumberBytes);
                destination.Write(value.Span);
            }
        };
    }

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        CaptureSnapshot()(destination);
        return default;
    }

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        _values.Clear();
        var reader = new SequenceReader<byte>(snapshot);
        while (reader.TryReadLittleEndian(out int length))
        {
            _values.Add(reader.UnreadSequence.Slice(0, length).ToArray());
            reader.Advance(length);
        }

        while (_values.Count < SmallValues) _values.Add(default);
        return default;
    }

    private void Set(ReadOnlyMemory<byte> change)
    {
        var number = BinaryPrimitives.ReadInt32LittleEndian(change.Span);
        if (number == _values.Count) _values.Add(change[NumberBytes..]);
        else _values[number] = change[NumberBytes..];
    }
}
