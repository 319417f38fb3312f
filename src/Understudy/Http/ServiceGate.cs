using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Kernel;

namespace Understudy.Http;

/// <summary>
/// What every request for a service passes: a client that has heard of a newer version than this node waits until the
/// node has, and one that wants the primary itself is told where it is now.
/// </summary>
internal sealed class ServiceGate(INodeState node, ServiceMapFeed feed, TimeProvider clock)
{
    /// <summary>A request with it is answered by the primary itself or redirected to it, never forwarded.</summary>
    public const string DirectHeader = "Understudy-Direct";

    /// <summary>The value of <see cref="DirectHeader"/> by which a node forwards a request of whatever client.</summary>
    public const string FromNode = "node";

    /// <summary>Says that an answer comes from a node that is not the primary; its value is the one that is.</summary>
    public const string MovedHeader = "Understudy-Moved";

    /// <summary>
    /// How long a client waits for this node to hear of the version that the client knows, or of any service.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a service is the built-in one, with keys, as soon as this node knows: one that has just begun does not.
    /// Null if it has not heard in time.
    /// </summary>
    public async Task<bool?> HasKeysAsync(ServiceName service, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            var changed = feed.Changed;
            if (node.HasKeys(service) is { } hasKeys) return hasKeys;
            var left = Patience - clock.GetElapsedTime(since);
            if (left <= TimeSpan.Zero) return null;
            await Task.WhenAny(changed, Task.Delay(left, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>False if the request was answered here.</summary>
    public async Task<bool> AdmitAsync(HttpContext context, ServiceName service)
    {
        if (context.Request.Headers[Answers.VersionHeader] is [var text])
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                await Answers.ProblemAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    $"{Answers.VersionHeader} is a whole number, as an answer of {service} gave it.");
                return false;
            }

            if (!await IsKnownAsync(context, service, new ConfigurationVersion(version))) return false;
        }

        if (!context.Request.Headers.ContainsKey(DirectHeader)) return true;
        if (node.PlaceOf(service) != PrimaryPlace.Elsewhere) return true;
        await MovedAsync(context, service);
        return false;
    }

    /// <summary>Tells a client that this node is not the primary, and which one is.</summary>
    public Task MovedAsync(HttpContext context, ServiceName service)
    {
        var known = feed.Find(service)?.Configuration;
        var primary = known?.Primary?.Node;
        Answers.Sign(context, node.Node, known?.Version ?? ConfigurationVersion.None);
        if (primary is null || primary == node.Node || feed.UrlOf(primary.Value) is not { } url)
        {
            context.Response.Headers[MovedHeader] = "-";
            return Answers.ProblemAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                $"{node.Node} is not the primary of {service}, and knows of no other now.");
        }

        context.Response.Headers[MovedHeader] = primary.Value.Value;
        context.Response.Headers.Location = url + Target.Relative(context);
        return Answers.ProblemAsync(
            context,
            StatusCodes.Status307TemporaryRedirect,
            $"{node.Node} is not the primary of {service}. It has moved to {primary}.");
    }

    private async Task<bool> IsKnownAsync(HttpContext context, ServiceName service, ConfigurationVersion version)
    {
        if (await feed.KnowsAsync(service, version, Patience, context.RequestAborted)) return true;
        var own = node.VersionOf(service);
        Answers.Sign(context, node.Node, own);
        await Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"{node.Node} knows version {own} of {service} and has not heard of {version} within "
            + $"{Patience.TotalSeconds:0} s. Ask another node.");
        return false;
    }
}
