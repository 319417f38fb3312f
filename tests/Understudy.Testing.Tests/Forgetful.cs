using System.Buffers;

namespace Understudy.Testing.Tests;

/// <summary>Counts without telling anyone: what a test must find out.</summary>
public sealed class Forgetful : IReplicatedService
{
    private long _count;

    public ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken) =>
        new(new ServiceOutcome(BitConverter.GetBytes(++_count)));

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken) => default;

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken) => default;

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken) => default;
}
