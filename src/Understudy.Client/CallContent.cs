using System.Net;

namespace Understudy.Client;

/// <summary>
/// The answer of a gRPC call, as it comes. It breaks off as soon as the client hears that the node that answers is
/// primary no more: that node may hang, or never learn of it.
/// </summary>
internal sealed class CallContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly ServiceLocator _locator;
    private readonly Func<bool> _hasMoved;
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenSource _end = new();

    /// <param name="inner">The answer itself.</param>
    /// <param name="locator">Hears of changes.</param>
    /// <param name="hasMoved">Whether the primary is elsewhere now.</param>
    public CallContent(HttpContent inner, ServiceLocator locator, Func<bool> hasMoved)
    {
        (_inner, _locator, _hasMoved) = (inner, locator, hasMoved);
        foreach (var (name, values) in inner.Headers) Headers.TryAddWithoutValidation(name, values);
        _ = WatchAsync();
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new CallStream(await _inner.ReadAsStreamAsync(), _end, _cut.Token);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var answer = await CreateContentReadStreamAsync();
        await answer.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _end.Cancel();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task WatchAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var changed = _locator.Changed;
            if (_hasMoved())
            {
                await _cut.CancelAsync();
                return;
            }

            await changed.WaitAsync(_end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
