using System.Net;

namespace Understudy.Client;

/// <summary>
/// An answer that is given as it comes. It breaks off when the client has heard that the node that answers is primary
/// no more, and nothing comes: that node may hang, or never learn of it.
/// </summary>
internal sealed class AnswerContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly AnswerWatch _watch;

    /// <param name="inner">The answer itself.</param>
    /// <param name="watch">Hears of changes.</param>
    public AnswerContent(HttpContent inner, AnswerWatch watch)
    {
        (_inner, _watch) = (inner, watch);
        foreach (var (name, values) in inner.Headers.NonValidated) Headers.TryAddWithoutValidation(name, values);
    }

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) =>
        new AnswerStream(_inner.ReadAsStream(cancellationToken), _watch);

    protected override Task<Stream> CreateContentReadStreamAsync() =>
        CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new AnswerStream(await _inner.ReadAsStreamAsync(cancellationToken), _watch);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var answer = await CreateContentReadStreamAsync(cancellationToken);
        await answer.CopyToAsync(stream, cancellationToken);
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
            _watch.Dispose();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
