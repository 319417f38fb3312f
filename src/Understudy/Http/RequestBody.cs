using Microsoft.AspNetCore.Http;

namespace Understudy.Http;

/// <summary>Reads a request's body, never more than a limit, and counts its bytes before they are there.</summary>
internal static class RequestBody
{
    /// <summary>
    /// The whole body; null if it is longer than so many bytes, or refused: then its admission says so.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="admission">What counts them; null if nothing does.</param>
    /// <param name="cancellationToken">Says that the client has gone.</param>
    public static async ValueTask<byte[]?> ReadAsync(
        HttpRequest request, int most, Admission? admission, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most) return null;
        if (request.ContentLength is not { } length)
            return await ReadToEndAsync(request, most, admission, cancellationToken);
        return admission?.TryReach(length) is false
            ? null
            : await ReadExactlyAsync(request, (int)length, cancellationToken);
    }

    private static async ValueTask<byte[]> ReadExactlyAsync(
        HttpRequest request, int length, CancellationToken cancellationToken)
    {
        if (length == 0) return [];
        var body = new byte[length];
        await request.Body.ReadExactlyAsync(body, cancellationToken);
        return body;
    }

    private static async ValueTask<byte[]?> ReadToEndAsync(
        HttpRequest request, int most, Admission? admission, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var part = new byte[16 * 1024];
        while (await request.Body.ReadAsync(part, cancellationToken) is > 0 and var read)
        {
            if (body.Length + read > most || admission?.TryReach(body.Length + read) is false) return null;
            body.Write(part, 0, read);
        }

        return body.ToArray();
    }
}
