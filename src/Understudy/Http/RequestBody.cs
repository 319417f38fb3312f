using Microsoft.AspNetCore.Http;

namespace Understudy.Http;

/// <summary>
/// Reads a request's body, never more than a limit, and counts its bytes a little before they are there. Not all that
/// are announced: who announces much and sends little would take the room of others.
/// </summary>
internal static class RequestBody
{
    private const int FirstBytes = 16 * 1024;
    private const int Growth = 4;

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
        return request.ContentLength is { } length
            ? await ReadExactlyAsync(request, (int)length, admission, cancellationToken)
            : await ReadToEndAsync(request, most, admission, cancellationToken);
    }

    private static async ValueTask<byte[]?> ReadExactlyAsync(
        HttpRequest request, int length, Admission? admission, CancellationToken cancellationToken)
    {
        if (length == 0) return [];
        var body = new byte[Math.Min(length, FirstBytes)];
        for (var read = 0; ; Array.Resize(ref body, Math.Min(length, read * Growth)))
        {
            if (admission?.TryReach(body.Length) is false) return null;
            await request.Body.ReadExactlyAsync(body.AsMemory(read), cancellationToken);
            read = body.Length;
            if (read == length) return body;
        }
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
