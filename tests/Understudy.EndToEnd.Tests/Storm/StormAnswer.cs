using System.Globalization;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Reads answers, which must be successes.</summary>
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

    /// <summary>What a counter is.</summary>
    public static async Task<long> NumberAsync(this IWayIn way, string counter) =>
        long.Parse(await way.AskAsync(HttpMethod.Get, $"keys/{counter}"), CultureInfo.InvariantCulture);

    /// <summary>Increments a counter; what it is then.</summary>
    public static async Task<long> IncrementAsync(this IWayIn way, string counter) =>
        long.Parse(await way.AskAsync(HttpMethod.Post, $"keys/{counter}/increment"), CultureInfo.InvariantCulture);
}
