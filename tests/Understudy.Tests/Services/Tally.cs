using System.Buffers;
using System.Buffers.Binary;

namespace Understudy.Tests.Services;

/// <summary>A service that counts, and remembers what it was told.</summary>
public sealed class Tally : IReplicatedService
{
    private volatile IPrimaryContext? _primary;
    private long _count;

    public List<string> Calls { get; } = [];

    public bool HasComparableSnapshots { get; init; } = true;

    public int CheckpointFormat { get; init; }

    public long Count => Interlocked.Read(ref _count);

    public IPrimaryContext? Primary => _primary;

    /// <summary>What handling a request waits for; for tests of what takes long.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>What happens when a checkpoint is applied.</summary>
    public Action? OnApply { get; set; }

    public ValueTask<long> AddAsync(long number) =>
        (_primary ?? throw new NotPrimaryException("tally")).CheckpointAsync(() => Add(number));

    public ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
    {
        Calls.Add("primary");
        _primary = context;
        return default;
    }

    public ValueTask BecomeSecondaryAsync(CancellationToken cancellationToken)
    {
        Calls.Add("secondary");
        _primary = null;
        return default;
    }

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        Calls.Add($"apply {number}");
        OnApply?.Invoke();
        Add(BinaryPrimitives.ReadInt64LittleEndian(checkpoint.Span));
        return default;
    }

    /// <summary>Whether its state is captured, to be written beside further calls.</summary>
    public bool IsCaptured { get; init; }

    public Action<IBufferWriter<byte>>? CaptureSnapshot()
    {
        if (!IsCaptured) return null;
        var count = Count;
        return destination => destination.Write(count < 0 ? throw new ArgumentException("below 0") : Bytes(count));
    }

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination.GetSpan(8), Count);
        destination.Advance(8);
        return default;
    }

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        Calls.Add("load");
        Interlocked.Exchange(
            ref _count, snapshot.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(snapshot.ToArray()));
        return default;
    }

    public async ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken)
    {
        await Hold;
        if (request.IsRead) return new ServiceOutcome(BitConverter.GetBytes(Count));
        if (request.Body.IsEmpty) throw new ArgumentException("no number");
        var change = Add(BinaryPrimitives.ReadInt64LittleEndian(request.Body.Span));
        return new ServiceOutcome(BitConverter.GetBytes(Count), change);
    }

    public static byte[] Bytes(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    private ReadOnlyMemory<byte> Add(long number)
    {
        Interlocked.Add(ref _count, number);
        return Bytes(number);
    }
}
