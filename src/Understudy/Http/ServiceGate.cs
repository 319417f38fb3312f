using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Http.Protocol;
using Understudy.Kernel;

namespace Understudy.Http;

/// <summary>Holds, refuses or redirects requests for a service as <see cref="GateRule"/> decides.</summary>
internal sealed class ServiceGate(INodeState node, ServiceMapFeed feed, TimeProvider clock)
{
    /// <summary>A request with it is answered by the primary itself or redirected to it, never forwarded.</summary>
    public const string DirectHeader = "Understudy-Direct";

    /// <summary>The value of <see cref="DirectHeader"/> by which a node forwards a request of any client.</summary>
    public const string FromNode = "node";

    /// <summary>Says that an answer comes from a node that is not the primary; its value is the one that is.</summary>
    public const string MovedHeader = "Understudy-Moved";

    /// <summary>
    /// Whether a service is the built-in one, with keys, as soon as this node knows: one that has just begun does not.
    /// Null if it has not heard in time.
    /// </summary>
    /// <param name="service">The service.</param>
    /// <param name="holdFor">How long its requests may wait.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public async Task<bool?> HasKeysAsync(ServiceName service, TimeSpan holdFor, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            var changed = feed.Changed;
            if (node.HasKeys(service) is { } hasKeys) return hasKeys;
            var left = holdFor - clock.GetElapsedTime(since);
            if (left <= TimeSpan.Zero) return null;
            await Task.WhenAny(changed, Task.Delay(left, clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>False if the request was answered here.</summary>
    public async Task<bool> AdmitAsync(HttpContext context, ServiceName service)
    {
        ConfigurationVersion? asked = null;
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

            asked = new ConfigurationVersion(version);
        }

        switch (await JudgeAsync(context, service, asked))
        {
            case GateVerdict.Admitted: return true;
            case GateVerdict.Moved: await MovedAsync(context, service); return false;
            default: await NotHeardOfAsync(context, service, asked!.Value); return false;
        }
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

    private async Task<GateVerdict> JudgeAsync(
        HttpContext context, ServiceName service, ConfigurationVersion? asked)
    {
        var isDirect = context.Request.Headers.ContainsKey(DirectHeader);
        var since = clock.GetTimestamp();
        while (true)
        {
            var changed = feed.Changed;
            var waited = clock.GetElapsedTime(since);
            var known = asked is null ? ConfigurationVersion.None : feed.VersionOf(service);
            var isMisled = isDirect && node.PlaceOf(service) == PrimaryPlace.Elsewhere;
            var verdict = GateRule.Of(asked, known, isMisled, waited);
            if (verdict != GateVerdict.Waits) return verdict;
            await Task.WhenAny(changed, Task.Delay(GateRule.Patience - waited, clock, context.RequestAborted));
            context.RequestAborted.ThrowIfCancellationRequested();
        }
    }

    private Task NotHeardOfAsync(HttpContext context, ServiceName service, ConfigurationVersion asked)
    {
        var own = node.VersionOf(service);
        Answers.Sign(context, node.Node, own);
        return Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"{node.Node} knows version {own} of {service} and has not heard of {asked} within "
            + $"{GateRule.Patience.TotalSeconds:0} s. Ask another node.");
    }
}
