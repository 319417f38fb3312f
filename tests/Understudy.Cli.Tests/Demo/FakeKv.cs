using System.Globalization;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

/// <summary>One store behind several gateways, some of which fail as a test says.</summary>
internal sealed class FakeKv : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Value, long Version)> _values = [];
    private readonly Dictionary<string, (int Status, string Body, long Version)> _answered = [];
    private readonly List<FakeNode> _nodes = [];
    private long _version;

    public IReadOnlyList<Uri> Nodes => [.. _nodes.Select(node => node.Root)];

    /// <summary>How often a request was answered from what its key had been answered before.</summary>
    public int Repeats { get; private set; }

    /// <summary>What each node does with a request: answer, lose the answer, or refuse it.</summary>
    public Func<int, Mishap> MishapOf { get; set; } = _ => Mishap.None;

    public static async Task<FakeKv> StartAsync(int nodes)
    {
        var kv = new FakeKv();
        for (var node = 0; node < nodes; node++)
        {
            var number = node;
            kv._nodes.Add(await FakeNode.StartAsync(context => kv.AnswerAsync(number, context)));
        }

        return kv;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    private async Task AnswerAsync(int node, HttpContext context)
    {
        if (context.Request.Path == ServiceMapDocument.StreamPath)
        {
            // Without a map, clients ask whichever node.
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.Headers["Understudy-Node"] = $"n{node + 1}";
        var mishap = MishapOf(node);
        if (mishap == Mishap.Unavailable)
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "1";
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var answer = Once(context.Request, await reader.ReadToEndAsync());
        if (mishap == Mishap.AnswerLost)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        if (answer.Version != 0) context.Response.Headers.ETag = $"\"{answer.Version}\"";
        if (answer.Body.Length > 0) await context.Response.WriteAsync(answer.Body);
    }

    private (int Status, string Body, long Version) Once(HttpRequest request, string body)
    {
        var id = (string?)request.Headers["Idempotency-Key"];
        lock (_lock)
        {
            if (id is not null && _answered.TryGetValue(id, out var before))
            {
                Repeats++;
                return before;
            }

            var answer = Do(request, body);
            if (id is not null) _answered[id] = answer;
            return answer;
        }
    }

    private (int Status, string Body, long Version) Do(HttpRequest request, string body)
    {
        var parts = request.Path.Value!.Split('/');
        var key = parts[4];
        var exists = _values.TryGetValue(key, out var now);
        if (request.Method == HttpMethod.Get.Method)
            return exists ? (200, now.Value.ToString(CultureInfo.InvariantCulture), now.Version) : (404, "", 0);
        if (request.Headers.IfNoneMatch == "*" && exists) return (412, "", now.Version);
        if (request.Headers.IfMatch.Count > 0 && request.Headers.IfMatch != $"\"{now.Version}\"")
            return (412, "", now.Version);
        var isIncrement = parts.Length == 6;
        var value = isIncrement ? now.Value + 1 : long.Parse(body, CultureInfo.InvariantCulture);
        _values[key] = (value, ++_version);
        return (isIncrement ? 200 : 204, isIncrement ? value.ToString(CultureInfo.InvariantCulture) : "", _version);
    }
}

/// <summary>What goes wrong with one request at one node.</summary>
public enum Mishap
{
    None,

    /// <summary>503, nothing done.</summary>
    Unavailable,

    /// <summary>Done, and the connection reset before the answer.</summary>
    AnswerLost,
}
