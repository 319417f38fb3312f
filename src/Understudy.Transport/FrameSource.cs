using System.Buffers;
using System.IO.Pipelines;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>What came out of a connection: a frame, or the reason why no more will come.</summary>
/// <param name="Frame">The frame, if one came.</param>
/// <param name="Fault">Why the bytes were refused, if they were.</param>
/// <param name="Ended">How the connection ended, if it did.</param>
internal readonly record struct FrameReceipt(Frame? Frame, string? Fault, string? Ended);

/// <summary>Takes frames from a connection's pipe. The end of the connection is a value, not an exception.</summary>
internal sealed class FrameSource(PipeReader input, int maxBodyBytes)
{
    private readonly FrameReader _reader = new(maxBodyBytes);
    private ReadOnlySequence<byte> _buffer;
    private bool _hasBuffer;
    private bool _isCompleted;

    /// <summary>Raises the limit of a handshake to that of the channel.</summary>
    public void Allow(int maxBodyBytes) => _reader.MaxBodyBytes = maxBodyBytes;

    /// <summary>Waits for the next frame, or the end.</summary>
    public async ValueTask<FrameReceipt> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_hasBuffer)
            {
                var progress = _reader.Read(ref _buffer, out var frame, out var refusal);
                if (progress == FrameProgress.Complete) return new FrameReceipt(frame, null, null);
                if (progress == FrameProgress.Refused) return new FrameReceipt(null, refusal, null);

                input.AdvanceTo(_buffer.End);
                _hasBuffer = false;
                if (_isCompleted) return Ended("the peer closed the connection");
            }

            try
            {
                var result = await input.ReadAsync(cancellationToken);
                _buffer = result.Buffer;
                _isCompleted = result.IsCompleted || result.IsCanceled;
                _hasBuffer = true;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                return Ended(e.GetBaseException().Message);
            }
            catch (OperationCanceledException)
            {
                return Ended("the connection was closed, or the peer did not answer in time");
            }
        }
    }

    private static FrameReceipt Ended(string how) => new(null, null, how);
}
