using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>
/// Takes requests for services built on the library, on any node. A change goes to the primary as one message and is
/// handled there in a turn of the service: once, however often it has to be sent. A read, and what is mapped outside
/// turns, runs at the primary as it comes, and is forwarded there from other nodes.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="gateway">Holds requests while there is no primary, and carries them to it.</param>
/// <param name="node">What this node knows.</param>
/// <param name="feed">Where every service is.</param>
/// <param name="forwarder">Forwards what is not carried.</param>
/// <param name="answers">Cuts answers whose primary is none any more.</param>
/// <param name="holdFor">How long a client of a service waits for a primary.</param>
/// <param name="clock">Measures it.</param>
internal sealed class ServiceGateway(
    NodeId self,
    IGateway gateway,
    INodeState node,
    ServiceMapFeed feed,
    ServiceForwarder forwarder,
    AnswersUnderWay answers,
    Func<ServiceName, TimeSpan> holdFor,
    TimeProvider clock)
{
    /// <summary>The longest body of a change that is handled in a turn, in bytes.</summary>
    public const int MaxBody = 1 << 20;

    private const string UnknownOutcome =
        "The primary, or the connection to it, was lost after the request was sent and before it was answered. Whether "
        + "it took effect is not known.";

    /// <summary>Between two attempts to reach a primary that does not take a request.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    private readonly ServiceGate _gate = new(node, feed, clock);

    /// <summary>How long a client of a service waits for a primary.</summary>
    public TimeSpan HoldFor(ServiceName service) => holdFor(service);

    public async Task AnswerAsync(HttpContext context, ServiceRoute route)
    {
        Answers.Sign(context, self, node.VersionOf(route.Service));
        if (!await _gate.AdmitAsync(context, route.Service)) return;
        if (!Idempotency.TryReadKey(context.Request.Headers, out var key, out var reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason);
            return;
        }

        if (route.MayBeInTurn && IsCarried(context) && await CarryAsync(context, route, key)) return;
        await RunAtPrimaryAsync(context, route);
    }

    /// <summary>Whether it is a change that no turn takes, for its body.</summary>
    public static bool IsTooLarge(HttpRequest request) =>
        request.ContentLength > MaxBody && !ForwardAttempt.IsSafe(request.Method);

    public static Task RefuseTooLargeAsync(HttpContext context) => Answers.ProblemAsync(
        context,
        StatusCodes.Status413PayloadTooLarge,
        $"The body of a change that is made in a turn of the service may have up to {MaxBody} bytes. A larger one "
        + "needs its Content-Length, and an endpoint outside turns.");

    private static bool IsCarried(HttpContext context)
    {
        var request = context.Request;
        return !ForwardAttempt.IsSafe(request.Method)
            && request.ContentLength is null or <= MaxBody
            && !ServiceForwarder.IsUpgrade(context)
            && request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is not true;
    }

    /// <summary>Has a change made in a turn. False if its endpoint is outside turns; then nothing was done.</summary>
    private async Task<bool> CarryAsync(HttpContext context, ServiceRoute route, string? key)
    {
        using var admission = gateway.Admit(route.Service);
        var body = await RequestBody.ReadAsync(context.Request, MaxBody, admission, context.RequestAborted);
        if (admission.Refusal is { } refused)
        {
            await RefuseAsync(context, refused);
            return true;
        }

        if (body is null)
        {
            await RefuseTooLargeAsync(context);
            return true;
        }

        var request = CarriedRequests.Of(context, route.Target, body);
        var reply = await gateway.SendAsync(
            admission, request.Encode(), isRead: false, key, context.RequestAborted);
        Sign(context, route.Service, reply);
        if (reply.Outcome == ReplyOutcome.Refused)
        {
            var refusal = Encoding.UTF8.GetString(reply.Body.Span);
            if (refusal == Refusals.OutsideTurns)
            {
                return await KeepAsync(context, route.Service, body);
            }

            if (Refusals.TryRead(refusal, out var answer)) await CarriedRequests.WriteAsync(context, answer);
            else await Answers.ProblemAsync(context, StatusCodes.Status501NotImplemented, refusal);
        }
        else if (reply.Outcome == ReplyOutcome.Answered)
        {
            await CarriedRequests.WriteAsync(context, CarriedResponse.Decode(reply.Body));
        }
        else
        {
            await RefuseAsync(context, reply);
        }

        return true;
    }

    /// <summary>Keeps the body in memory for its endpoint. True if that is too much; then it was refused.</summary>
    private async Task<bool> KeepAsync(HttpContext context, ServiceName service, byte[] body)
    {
        var kept = gateway.Admit(service);
        context.Response.RegisterForDispose(kept);
        context.Request.Body = new MemoryStream(body, writable: false);
        if (kept.TryReach(body.Length)) return false;
        await RefuseAsync(context, kept.Refusal!);
        return true;
    }

    /// <summary>Runs a request at the primary, and looks for the next one while it was not taken.</summary>
    private async Task RunAtPrimaryAsync(HttpContext context, ServiceRoute route)
    {
        var since = clock.GetTimestamp();
        var isDirect = context.Request.Headers.ContainsKey(ServiceGate.DirectHeader);
        var isAgain = false;
        while (true)
        {
            var changed = feed.Changed;

            // Elsewhere the primary confirms it itself; but who may be it, or knows of none, waits until it is sure.
            if (isAgain || Elsewhere(route.Service) is not { } there)
            {
                var reply = await gateway.SendAsync(
                    route.Service, WebService.Whereabouts, isRead: true, null, context.RequestAborted);
                Sign(context, route.Service, reply);
                if (reply.Outcome != ReplyOutcome.Answered)
                {
                    await RefuseAsync(context, reply);
                    return;
                }

                there = (reply.Node!.Value, reply.Version);
            }

            if (isDirect && there.Node != self)
            {
                await _gate.MovedAsync(context, route.Service);
                return;
            }

            var (outcome, isCut) = there.Node == self
                ? await RunHereAsync(context, route, there.Version)
                : await ForwardAsync(context, route, there);
            if (outcome == ForwardOutcome.Answered) return;
            if (isCut) since = clock.GetTimestamp(); // Until then it had its primary.
            var mayAgain = outcome == ForwardOutcome.NotTaken || (outcome == ForwardOutcome.Unknown
                && ForwardAttempt.IsSafe(context.Request.Method) && IsWhole(context));
            if (!mayAgain || clock.GetElapsedTime(since) > holdFor(route.Service))
            {
                await GiveUpAsync(context, route.Service, outcome);
                return;
            }

            // Confirmed, and still not taken: the primary's HTTP side is not there yet, or no more.
            if (isAgain) await Task.WhenAny(changed, Task.Delay(_pause, clock, context.RequestAborted));
            isAgain = true;
        }
    }

    /// <summary>The node of the primary, if it is another one that takes requests.</summary>
    private (NodeId Node, ConfigurationVersion Version)? Elsewhere(ServiceName service)
    {
        if (feed.Find(service) is not { IsFrozen: false, IsStopped: false, Configuration: var known }) return null;
        return known.Primary is { } primary && primary.Node != self ? (primary.Node, known.Version) : null;
    }

    private async Task<(ForwardOutcome Outcome, bool IsCut)> RunHereAsync(
        HttpContext context, ServiceRoute route, ConfigurationVersion version)
    {
        if (context.Request.Body.CanSeek) context.Request.Body.Position = 0;
        using var answer = answers.Enter(route.Service, self, version, mayBeLeft: false);
        using var lifetime = new AnswerLifetime(context, answer);
        var hasRun = await route.RunHereAsync(context);
        return (hasRun ? ForwardOutcome.Answered : ForwardOutcome.Unknown, answer.IsCut);
    }

    private async Task<(ForwardOutcome Outcome, bool IsCut)> ForwardAsync(
        HttpContext context, ServiceRoute route, (NodeId Node, ConfigurationVersion Version) there)
    {
        if (feed.UrlOf(there.Node) is not { } url) return (ForwardOutcome.NotTaken, false);
        if (context.Request.Body.CanSeek) context.Request.Body.Position = 0;
        var mayBeLeft = ForwardAttempt.IsSafe(context.Request.Method) && IsWhole(context);
        using var answer = answers.Enter(route.Service, there.Node, there.Version, mayBeLeft);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(answer.Token, context.RequestAborted);
        var transformer = new ToPrimary(url, $"/svc/{route.Service}{route.Target}", there.Version.Value)
        {
            Attempt = new ForwardAttempt(() => !answer.IsCut, () => answer.TryBegin()),
        };
        var outcome = await forwarder.ForwardAsync(
            context, url, ServiceForwarder.IsHttp2(context), transformer, end.Token);
        context.RequestAborted.ThrowIfCancellationRequested();
        var isTakenBack = outcome == ForwardOutcome.NotTaken && transformer.Attempt.IsSent && !IsWhole(context);
        return (isTakenBack ? ForwardOutcome.TakenBack : outcome, answer.IsCut);
    }

    /// <summary>Whether there is all of it to be sent once more.</summary>
    private static bool IsWhole(HttpContext context) =>
        context.Request.Body.CanSeek
        || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true;

    private Task GiveUpAsync(HttpContext context, ServiceName service, ForwardOutcome outcome)
    {
        Answers.Sign(context, self, node.VersionOf(service)); // What was signed is cleared with what was not answered.
        return outcome == ForwardOutcome.Unknown && !ForwardAttempt.IsSafe(context.Request.Method)
            ? Answers.ProblemAsync(context, StatusCodes.Status502BadGateway, UnknownOutcome)
            : Answers.ProblemAsync(
                context, StatusCodes.Status503ServiceUnavailable, "No primary took the request in time. Try again.");
    }

    private void Sign(HttpContext context, ServiceName service, Reply reply) => Answers.Sign(
        context,
        reply.Node ?? self,
        reply.Version == ConfigurationVersion.None ? node.VersionOf(service) : reply.Version);

    private static Task RefuseAsync(HttpContext context, Reply reply)
    {
        var status = reply.Outcome switch
        {
            ReplyOutcome.Unavailable => StatusCodes.Status503ServiceUnavailable,
            ReplyOutcome.UnknownService => StatusCodes.Status404NotFound,
            ReplyOutcome.KeyReused => StatusCodes.Status422UnprocessableEntity,
            ReplyOutcome.Refused => StatusCodes.Status501NotImplemented,
            ReplyOutcome.Unknown => StatusCodes.Status502BadGateway,
            _ => throw new UnreachableException($"Unknown outcome {reply.Outcome}."),
        };
        return Answers.ProblemAsync(context, status, Answers.DetailOf(reply));
    }
}
