using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Understudy.Contracts;

namespace Understudy.Cli;

/// <summary>Asks nodes' admin API. A node that does not answer is an expected outcome: null.</summary>
internal static class AdminApi
{
    public static Task<StatusDocument?> StatusAsync(HttpClient http, Uri node, CancellationToken cancellationToken) =>
        GetAsync(http, new Uri(node, StatusDocument.Path), ContractsJson.Default.StatusDocument, cancellationToken);

    public static Task<TimelineDocument?> TimelineAsync(
        HttpClient http, Uri node, CancellationToken cancellationToken) =>
        GetAsync(http, new Uri(node, TimelineDocument.Path), ContractsJson.Default.TimelineDocument, cancellationToken);

    private static async Task<T?> GetAsync<T>(
        HttpClient http, Uri address, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await http.GetFromJsonAsync(address, type, cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or IOException or SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The client's own time limit.
            return null;
        }
    }
}
