using System.Buffers;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>
/// What waits to be sent on one connection. Frames that are added before a flush, or while a write is under way, go out
/// together. Bounded: one frame too many is refused, and its channel must be closed. Messages that may be late go out
/// one with each write, and what is too much of them is dropped.
/// </summary>
/// <param name="stream">Where the bytes go.</param>
/// <param name="maxBytes">How much may wait, in bytes; and as much again of what may be late.</param>
/// <param name="onBroken">Told why writing failed, at most once.</param>
internal sealed class Outbound(Stream stream, int maxBytes, Action<string> onBroken)
    : IBufferWriter<byte>
{
    /// <summary>
    /// A piece takes no more frames from here on, so that it can take a usual one before. One array for all would grow
    /// to a size that the garbage collector looks after with the oldest objects, at just the moment of a failover.
    /// </summary>
    private const int PieceBytes = 32 * 1024;

    private const int LargestKeptBytes = 2 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly LateFrames _late = new(maxBytes);
    private readonly Queue<(byte[] Bytes, int Length)> _filledPieces = [];
    private byte[] _filling = Rent(PieceBytes);
    private byte[]? _writing;
    private int _filled;
    private long _waiting;
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
            if (message.LateName is not { } name) return Encode(message, codec, maxBodyBytes, self, peer);
            AddLate(name, message, codec, maxBodyBytes, self, peer);
            return null;
        }
    }

    /// <summary>Begins to write what waits, on this thread until the socket takes no more. Never waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isFlushing || (IsEmpty && _late.IsEmpty)) return;
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

    private bool IsEmpty => _filled == 0 && _filledPieces.Count == 0;

    /// <summary>What does not fit behind what waits leaves with a later write.</summary>
    private bool HasRoomForLate =>
        !_late.IsEmpty && (IsEmpty || _waiting + _filled + _late.FirstBytes + PieceBytes <= maxBytes);

    // Apart from its caller, where what it keeps would be allocated for every message.
    private void AddLate(
        object name, Message message, IMessageCodec codec, int maxBodyBytes, PeerIdentity self, PeerIdentity peer) =>
        _late.Add(name, message.LateBytes, () => Encode(message, codec, maxBodyBytes, self, peer));

    private string? Encode(
        Message message, IMessageCodec codec, int maxBodyBytes, PeerIdentity self, PeerIdentity peer)
    {
        var start = _filled;
        var fault = Encode(message, codec, maxBodyBytes, self, peer, start);
        if (fault is not null) _filled = start;
        if (_filled >= PieceBytes) EndPiece();
        return fault;
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

        if (_waiting + _filled + _beingWritten > maxBytes) return $"more than {maxBytes} bytes wait to be sent";
        new FrameHeader(layer, self.Cluster, self.Member.Incarnation, peer.Member.Incarnation)
            .Complete(_filling.AsSpan(start.._filled));
        return null;
    }

    private void EndPiece()
    {
        _filledPieces.Enqueue((_filling, _filled));
        _waiting += _filled;
        _filled = 0;
        _filling = Rent(PieceBytes);
    }

    private void Reserve(int sizeHint)
    {
        var needed = _filled + Math.Max(sizeHint, 256);
        if (needed <= _filling.Length) return;
        var larger = Rent(Math.Max(needed, _filling.Length * 2));
        _filling.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_filling);
        _filling = larger;
    }

    private static byte[] Rent(int atLeast) => ArrayPool<byte>.Shared.Rent(atLeast);

    /// <summary>The only writer of the stream, from the moment that something waits until nothing does.</summary>
    private async Task FlushAsync()
    {
        try
        {
            var mayBeLate = false;
            while (TakeWaiting(mayBeLate, out var waitsLate) is { } waiting)
            {
                if (!waiting.IsEmpty) await stream.WriteAsync(waiting);
                if (!waitsLate || mayBeLate) continue;
                await Task.Yield(); // What is late is large: a thread of the pool copies it, not whoever flushes.
                mayBeLate = true;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Flushing never starts again: what is added meanwhile is dropped with the channel.
            lock (_gate) _drained?.TrySetResult();
            onBroken(e.GetBaseException().Message);
        }
    }

    /// <summary>Null when nothing waits; empty if nothing does but what may be late, and is not to be taken.</summary>
    private ReadOnlyMemory<byte>? TakeWaiting(bool mayBeLate, out bool waitsLate)
    {
        lock (_gate)
        {
            _beingWritten = 0; // It is written.
            if (mayBeLate && HasRoomForLate && _late.Encode() is { } fault) throw new IOException(fault);
            waitsLate = !_late.IsEmpty;
            if (IsEmpty && waitsLate) return ReadOnlyMemory<byte>.Empty;
            if (IsEmpty)
            {
                _isFlushing = false;
                _drained?.TrySetResult();
                _drained = null;
                return null;
            }

            if (_filledPieces.Count == 0) EndPiece();
            if (_writing?.Length <= LargestKeptBytes) ArrayPool<byte>.Shared.Return(_writing);
            (_writing, _beingWritten) = _filledPieces.Dequeue();
            _waiting -= _beingWritten;
            return _writing.AsMemory(0, _beingWritten);
        }
    }
}
