using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Kernel;
using Understudy.Services;
using Understudy.Web;

namespace Understudy;

/// <summary>Makes an application's endpoints those of a service.</summary>
public static class UnderstudyEndpoints
{
    /// <summary>
    /// Endpoints that run only where a service is primary. Every node of the cluster maps the same ones, and any node
    /// may be asked, by the same URL: the request goes to the primary, and waits while there is none (5 s with
    /// <c>lan</c>), then 503 with <c>Retry-After</c>. They are also at <c>/svc/{service}/…</c> of every node's own
    /// HTTP address.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="service">The service's name, as it was added by <c>AddService</c>.</param>
    /// <returns>Where to map the endpoints: <c>MapGet</c>, <c>MapPost</c> and so on.</returns>
    /// <exception cref="InvalidOperationException">The application has no node: call <c>AddUnderstudy</c>.</exception>
    /// <remarks>
    /// <para>
    /// <c>GET</c>, <c>HEAD</c> and <c>OPTIONS</c> run at once and side by side, on a node that was primary after the
    /// request came. Read state by <c>ReadAsync</c>, which says that what was read is committed.
    /// </para>
    /// <para>
    /// All other methods run in a <em>turn</em> of the service, one at a time: what the endpoint changes of this
    /// service, and its answer, become one checkpoint. The answer leaves when that is committed, and a request that
    /// had to be sent again is not handled again. With an <c>Idempotency-Key</c> this holds for the client's own
    /// repetitions, at any node: it gets the first answer, and 422 for another request under the same key. So an
    /// endpoint must be short, must not call back to the service over HTTP, and its body and answer have up to 1 MB.
    /// For one that streams or takes long, say <see cref="OutsideTurns{TBuilder}"/>.
    /// </para>
    /// </remarks>
    /// <example>
    /// <code>
    /// builder.AddUnderstudy(options =&gt; { options.Node = "n1"; options.ConfigurationFile = "cluster.toml"; })
    ///     .AddService&lt;Shop&gt;("shop");
    /// var app = builder.Build();
    /// var shop = app.MapService("shop");
    /// shop.MapPost("/orders", (Order order, Shop shop) =&gt; shop.PlaceAsync(order));
    /// </code>
    /// </example>
    public static RouteGroupBuilder MapService(this IEndpointRouteBuilder endpoints, string service)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        var provider = endpoints.ServiceProvider;
        var pipeline = provider.GetService<ApplicationPipeline>()
            ?? throw new InvalidOperationException("The application has no node. Call builder.AddUnderstudy(...).");
        pipeline.Add(service);
        var node = provider.GetRequiredService<UnderstudyNode>();
        var group = endpoints.MapGroup("");
        group.WithMetadata(new ServiceMetadata(service));
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } run) return;
            var isInTurns = !endpoint.Metadata.OfType<OutsideTurnsMetadata>().Any();
            endpoint.RequestDelegate = context => RunAsync(context, node, new ServiceName(service), isInTurns, run);
        });
        return group;
    }

    /// <summary>
    /// The endpoint runs at the primary as it comes, side by side with others and not in a turn: for what streams, is
    /// large or takes long. A change is then not made once by itself: a request whose connection to the primary broke
    /// is not sent again, and the client is told by 502 that the outcome is unknown.
    /// </summary>
    /// <remarks>
    /// When the node is primary no more, <see cref="HttpContext.RequestAborted"/> is cancelled and an answer that has
    /// begun is broken off; after a switchover, when <see cref="ServiceShape.Drain"/> is over. This holds for
    /// <c>GET</c>, <c>HEAD</c> and <c>OPTIONS</c> as well.
    /// </remarks>
    /// <param name="builder">An endpoint, or a group of them.</param>
    /// <example><code>shop.MapPost("/import", ImportAsync).OutsideTurns();</code></example>
    public static TBuilder OutsideTurns<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new OutsideTurnsMetadata());

    private static async Task RunAsync(
        HttpContext context, UnderstudyNode node, ServiceName service, bool isInTurns, RequestDelegate run)
    {
        var arrived = context.Features.Get<ArrivedRequest>();
        if (arrived is null)
        {
            var target = context.Request.GetEncodedPathAndQuery();
            await node.Services.AnswerAsync(
                context, new ServiceRoute(service, target, isInTurns, here => HasRunAsync(here, isInTurns, run)));
        }
        else if (!arrived.IsInTurn)
        {
            arrived.HasMoved = !await HasRunAsync(context, isInTurns, run);
        }
        else if (isInTurns)
        {
            await run(context);
        }
        else
        {
            arrived.IsDeclined = true;
        }
    }

    /// <summary>
    /// False if the node is not primary any more, and nothing was answered. An answer that was cut has ended.
    /// </summary>
    private static async Task<bool> HasRunAsync(HttpContext context, bool isInTurns, RequestDelegate run)
    {
        if (isInTurns && ServiceGateway.IsTooLarge(context.Request))
        {
            await ServiceGateway.RefuseTooLargeAsync(context);
            return true;
        }

        try
        {
            await run(context);
            if (!AnswerLifetime.IsLeft(context)) return true;
        }
        catch (NotPrimaryException) when (!context.Response.HasStarted)
        {
            // The next primary is asked.
        }
        catch (OperationCanceledException) when (AnswerLifetime.IsLeft(context))
        {
            // So too.
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or WebSocketException
            && AnswerLifetime.IsBroken(context))
        {
            return true;
        }

        context.Response.Clear();
        return false;
    }
}
