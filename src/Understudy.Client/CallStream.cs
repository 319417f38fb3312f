namespace Understudy.Client;

/// <summary>Reads the answer of a call. A call that had begun and breaks off may have been executed.</summary>
/// <param name="inner">What is read.</param>
/// <param name="end">Is cancelled when nothing is read any more.</param>
/// <param name="cut">Cancelled when the primary is elsewhere.</param>
internal sealed class CallStream(Stream inner, CancellationTokenSource end, CancellationToken cut) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut, cancellationToken);
        try
        {
            var read = await inner.ReadAsync(buffer, either.Token);
            if (read == 0 && buffer.Length > 0) await end.CancelAsync();
            return read;
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            throw Broken("the primary has moved.");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Broken(e.Message);
        }
    }

    public override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            end.Cancel();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    // Without the cause: gRPC would take a broken connection for a call that was not executed, and repeat it.
    private static HttpRequestException Broken(string reason) =>
        new($"The call was broken off, and whether it was executed is not known: {reason}");
}
