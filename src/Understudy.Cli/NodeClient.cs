using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Understudy.Contracts;

namespace Understudy.Cli;

/// <summary>Asks one node's admin API for an operator, who is told what is wrong when it does not answer.</summary>
internal sealed class NodeClient(Uri node) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A node holds a command while there is no replica manager, 15 s at most.
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The root of a node's HTTP side, or null if the text is no address and port.</summary>
    public static Uri? Parse(string address)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        var hasPort = text.TrimEnd('/').LastIndexOf(':') is var colon && colon > "http:".Length
            && int.TryParse(text.TrimEnd('/')[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return hasPort && Uri.TryCreate(text, UriKind.Absolute, out var node) && node.Scheme == Uri.UriSchemeHttp
            ? node
            : null;
    }

    /// <summary>The status, as the node sent it and as a document.</summary>
    /// <exception cref="NodeSilentException">There is none.</exception>
    public Task<(string Body, StatusDocument Document)> StatusAsync(CancellationToken cancellationToken) =>
        GetAsync("status", StatusDocument.Path, ContractsJson.Default.StatusDocument, cancellationToken);

    /// <summary>The history, of one service or of all.</summary>
    /// <exception cref="NodeSilentException">There is none.</exception>
    public Task<(string Body, HistoryDocument Document)> HistoryAsync(
        string? service, CancellationToken cancellationToken)
    {
        var query = service is null ? "" : $"?service={Uri.EscapeDataString(service)}";
        return GetAsync(
            "history", HistoryDocument.Path + query, ContractsJson.Default.HistoryDocument, cancellationToken);
    }

    /// <summary>Gives a command: its answer, or the node's problem with it.</summary>
    /// <exception cref="NodeSilentException">There is neither.</exception>
    public Task<(CommandAnswerDocument? Answer, ProblemDocument? Problem)> CommandAsync(
        CommandDocument command, string key, CancellationToken cancellationToken) =>
        AskAsync<(CommandAnswerDocument?, ProblemDocument?)>("answer", CommandPatience, async limit =>
        {
            var body = JsonSerializer.Serialize(command, ContractsJson.Default.CommandDocument);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, CommandDocument.Path))
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await _http.SendAsync(request, limit);
            var text = await response.Content.ReadAsStringAsync(limit);
            return response.IsSuccessStatusCode
                ? (Read(text, ContractsJson.Default.CommandAnswerDocument), null)
                : (null, ReadProblem(response, text));
        }, cancellationToken);

    public void Dispose() => _http.Dispose();

    private Task<(string Body, T Document)> GetAsync<T>(
        string what, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        AskAsync(what, Patience, async limit =>
        {
            using var response = await _http.GetAsync(new Uri(node, path), limit);
            var body = await response.Content.ReadAsStringAsync(limit);
            if (!response.IsSuccessStatusCode) throw Silent(what, ReadProblem(response, body));
            return (body, Read(body, type));
        }, cancellationToken);

    private async Task<T> AskAsync<T>(
        string what, TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await ask(limit.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            throw Silent(what, Why(error));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Silent(what, $"nothing came for {patience.TotalSeconds:0} s");
        }
        catch (JsonException error)
        {
            throw Silent(what, $"what answers there is no node ({error.Message.TrimEnd('.')})");
        }
    }

    private static T Read<T>(string body, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(body, type) ?? throw new JsonException("the answer is null");

    // Only a node's own problem has something to tell.
    private static ProblemDocument ReadProblem(HttpResponseMessage response, string body) =>
        response.Content.Headers.ContentType?.MediaType == ProblemDocument.ContentType
            ? Read(body, ContractsJson.Default.ProblemDocument)
            : throw new HttpRequestException(null, null, response.StatusCode);

    private NodeSilentException Silent(string what, ProblemDocument problem) =>
        new($"no {what} from {node.Authority}: {problem.Detail}");

    private NodeSilentException Silent(string what, string why) => new(
        $"no {what} from {node.Authority}: {why}. " +
        "Does a node run there, and is this its \"http\" address of the cluster's file?");

    private static string Why(Exception error) => error switch
    {
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            "the connection was refused",
        HttpRequestException { StatusCode: { } status } => $"what answers there says {(int)status}",
        _ => error.Message.TrimEnd('.'),
    };
}
