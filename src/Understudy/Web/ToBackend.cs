using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Understudy.Http;

namespace Understudy.Web;

/// <summary>A request on its way to a service's own program, which knows nothing of nodes.</summary>
/// <param name="origin">Where the program listens.</param>
/// <param name="target">Path and query there, encoded.</param>
/// <param name="prefix">What stood before that in the path that the client asked for, or empty.</param>
internal sealed class ToBackend(string origin, string target, string prefix)
    : ForwardTransformer(origin + target)
{
    private const string For = "X-Forwarded-For";

    protected override void AddTo(HttpRequestHeaders headers, HttpContext context)
    {
        var client = context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        var before = context.Request.Headers[For].ToString();
        headers.Remove(For);
        headers.TryAddWithoutValidation(For, before.Length == 0 ? client : $"{before}, {client}");

        // What a balancer before this node has said is nearer to the client.
        AddIfNew(headers, "X-Forwarded-Proto", context.Request.Scheme);
        AddIfNew(headers, "X-Forwarded-Host", context.Request.Host.Value ?? "");
        AddIfNew(headers, "X-Forwarded-Prefix", prefix);
    }

    // This node has signed it; a program that names another node or version is not believed.
    protected override void Adapt(HttpContext context, HttpResponseMessage? answer)
    {
        answer?.Headers.Remove(Answers.NodeHeader);
        answer?.Headers.Remove(Answers.VersionHeader);
        answer?.Headers.Remove(ServiceGate.MovedHeader);
    }

    private static void AddIfNew(HttpRequestHeaders headers, string name, string value)
    {
        if (value.Length > 0 && !headers.Contains(name)) headers.TryAddWithoutValidation(name, value);
    }
}
