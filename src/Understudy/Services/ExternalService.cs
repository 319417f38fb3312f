using System.Buffers;

namespace Understudy.Services;

/// <summary>
/// A program that somebody else runs on the nodes: its primary is chosen, and there is no code and no state here.
/// </summary>
internal sealed class ExternalService : IReplicatedService
{
    /// <inheritdoc/>
    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask<ServiceOutcome> HandleRequestAsync(ServiceRequest request, CancellationToken cancellationToken) =>
        new(ServiceOutcome.Refuse(
            "This service is a program of its own, without an HTTP side: connect to its TCP port."));
}
