using System.Buffers;

namespace Understudy.Benchmarks;

/// <summary>A service whose state is how many changes were made; a change is 128 bytes.</summary>
internal sealed class CommitsService : BenchmarkService, IReplicatedService
{
    public const string Name = "commits";

    private const int ChangeBytes = 128;

    private static readonly byte[] _change = new byte[ChangeBytes];

    private readonly Func<ReadOnlyMemory<byte>> _makeChange;
    private long _count;

    public CommitsService() => _makeChange = () =>
    {
        _count++;
        return _change;
    };

    public ValueTask<long> ChangeAsync(IPrimaryContext primary) => primary.CheckpointAsync(_makeChange);

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        _count++;
        return default;
    }

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        destination.Write(BitConverter.GetBytes(_count));
        return default;
    }

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        _count = snapshot.IsEmpty ? 0 : BitConverter.ToInt64(snapshot.ToArray());
        return default;
    }
}
