using System.Buffers;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>
/// What waits to be sent on one connection. Frames that are added before a flush, or while a write is under way, go out
/// together. Bounded: one frame too many is refused, and its channel must be closed.
/// </summary>
/// <param name="stream">Where the bytes go.</param>
/// <param name="maxBytes">How much may wait, in bytes.</param>
/// <param name="onBroken">Told why writing failed, at most once.</param>
internal sealed class Outbound(Stream stream, int maxBytes, Action<string> onBroken)
    : IBufferWriter<byte>
{
    private const int SmallBytes = 16 * 1024;
    private const int LargestKeptBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private byte[] _filling = new byte[SmallBytes];
    private byte[] _writing = new byte[SmallBytes];
    private int _filled;
    private int _beingWritten;
    private bool _isFlushing;
    private TaskCompletionSource? _drained;

    /// <summary>Adds a frame with a message; it leaves with the next flush, or the write that is under way.</summary>
    /// <returns>Why the frame cannot be sent, or null.</returns>
    public string? TryAdd(
        Message message, IMessageCodec codec, int maxBodyBytes, PeerIdentity self, PeerIdentity peer)
    {
        lock (_gate)
        {
            var start = _filled;
            var fault = Encode(message, codec, maxBodyBytes, self, peer, start);
            if (fault is not null) _filled = start;
            return fault;
        }
    }

    /// <summary>Begins to write what waits, on this thread until the socket takes no more. Never waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isFlushing || _filled == 0) return;
            _isFlushing = true;
        }

        _ = FlushAsync();
    }

    /// <summary>Completes when nothing waits any more.</summary>
    public Task DrainAsync()
    {
        Flush();
        lock (_gate)
        {
            if (!_isFlushing) return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    void IBufferWriter<byte>.Advance(int count) => _filled += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Reserve(sizeHint);
        return _filling.AsMemory(_filled);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        Reserve(sizeHint);
        return _filling.AsSpan(_filled);
    }

    private string? Encode(
        Message message, IMessageCodec codec, int maxBodyBytes, PeerIdentity self, PeerIdentity peer, int start)
    {
        Reserve(FrameHeader.Length);
        _filled += FrameHeader.Length;
        Layer layer;
        try
        {
            layer = codec.Encode(message, this);
        }
        catch
        {
            _filled = start;
            throw;
        }

        var bodyLength = _filled - start - FrameHeader.Length;
        if (bodyLength > maxBodyBytes)
        {
            return $"a {message.GetType().Name} of {bodyLength} bytes is longer than a frame may be ({maxBodyBytes})";
        }

        if (_filled + (long)_beingWritten > maxBytes) return $"more than {maxBytes} bytes wait to be sent";
        new FrameHeader(layer, self.Cluster, self.Member.Incarnation, peer.Member.Incarnation)
            .Complete(_filling.AsSpan(start.._filled));
        return null;
    }

    private void Reserve(int sizeHint)
    {
        var needed = _filled + Math.Max(sizeHint, 256);
        if (needed > _filling.Length) Array.Resize(ref _filling, Math.Max(needed, _filling.Length * 2));
    }

    /// <summary>The only writer of the stream, from the moment that something waits until nothing does.</summary>
    private async Task FlushAsync()
    {
        try
        {
            while (TakeWaiting() is { IsEmpty: false } waiting) await stream.WriteAsync(waiting);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Flushing never starts again: what is added meanwhile is dropped with the channel.
            lock (_gate) _drained?.TrySetResult();
            onBroken(e.GetBaseException().Message);
        }
    }

    private ReadOnlyMemory<byte> TakeWaiting()
    {
        lock (_gate)
        {
            if (_filled == 0)
            {
                _beingWritten = 0;
                _isFlushing = false;
                _drained?.TrySetResult();
                _drained = null;
                return default;
            }

            (_filling, _writing) = (_writing, _filling);
            _beingWritten = _filled;
            _filled = 0;
            if (_filling.Length > LargestKeptBytes) _filling = new byte[SmallBytes];
            return _writing.AsMemory(0, _beingWritten);
        }
    }
}
