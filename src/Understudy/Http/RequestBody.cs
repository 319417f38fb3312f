using Microsoft.AspNetCore.Http;

namespace Understudy.Http;

/// <summary>Reads a request's body, never more than a limit.</summary>
internal static class RequestBody
{
    /// <summary>The whole body, or null if it is longer than so many bytes.</summary>
    public static async ValueTask<byte[]?> ReadAsync(
        HttpRequest request, int most, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most) return null;
        return request.ContentLength is { } length
            ? await ReadExactlyAsync(request, (int)length, cancellationToken)
            : await ReadToEndAsync(request, most, cancellationToken);
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
        HttpRequest request, int most, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var part = new byte[16 * 1024];
        while (await request.Body.ReadAsync(part, cancellationToken) is > 0 and var read)
        {
            if (body.Length + read > most) return null;
            body.Write(part, 0, read);
        }

        return body.ToArray();
    }
}
