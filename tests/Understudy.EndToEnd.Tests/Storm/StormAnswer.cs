namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Reads an answer, which must be a success.</summary>
internal static class StormAnswer
{
    public static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? text
            : throw new HttpRequestException(
                $"{response.RequestMessage!.RequestUri} {(int)response.StatusCode}: {text}",
                inner: null,
                response.StatusCode);
    }
}
