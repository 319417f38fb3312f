using System.Buffers;

namespace Understudy.Kv;

/// <summary>The built-in key-value service, on the same interface as everybody's.</summary>
internal sealed class KvService : IReplicatedService
{
    private readonly KvState _state = new();

    /// <inheritdoc/>
    public ValueTask<ServiceOutcome> HandleRequestAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        var (answer, checkpoint) = _state.Execute(request.Body);
        return new ValueTask<ServiceOutcome>(new ServiceOutcome(answer, checkpoint));
    }

    /// <inheritdoc/>
    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        _state.Apply(checkpoint, number);
        return default;
    }

    /// <inheritdoc/>
    public Action<IBufferWriter<byte>> CaptureSnapshot()
    {
        var save = _state.Freeze();
        return destination => destination.Write(save().Span);
    }

    /// <inheritdoc/>
    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        destination.Write(_state.Save().Span);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        _state.Load(snapshot.IsSingleSegment ? snapshot.First : snapshot.ToArray());
        return default;
    }
}
