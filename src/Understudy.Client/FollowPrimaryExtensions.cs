using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Understudy.Client;

namespace Understudy;

/// <summary>Makes an <see cref="HttpClient"/> follow a service's primary.</summary>
public static class FollowPrimaryExtensions
{
    /// <summary>
    /// The client's requests go to wherever the service is primary, straight and without a proxy between. It learns of
    /// changes by the streams of two of the cluster's nodes; a request that was not answered goes to the next primary,
    /// if it cannot have taken effect, is safe, or has an <c>Idempotency-Key</c>, which it is given if need be. So a
    /// failover is a request that takes a little longer.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="service">The service's name. The client's base address becomes <c>http://{service}/</c>.</param>
    /// <param name="nodes">
    /// Addresses of nodes' HTTP sides, such as <c>http://127.0.0.1:7201</c>. Two or three are enough: the others are
    /// learned, and all of the given ones may go, one after another.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// services.AddHttpClient("orders").FollowPrimary("shop", "http://127.0.0.1:7411", "http://127.0.0.1:7412");
    /// // ...
    /// var orders = factory.CreateClient("orders");
    /// await orders.PostAsJsonAsync("orders", order); // At http://…/svc/shop/orders, once.
    /// </code>
    /// </example>
    public static IHttpClientBuilder FollowPrimary(
        this IHttpClientBuilder builder, string service, params string[] nodes) =>
        builder.FollowPrimary(service, nodes, _ => { });

    /// <summary>As <see cref="FollowPrimary(IHttpClientBuilder, string, string[])"/>, with other choices.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="nodes">Addresses of nodes' HTTP sides.</param>
    /// <param name="configure">Makes them.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <code>
    /// services.AddHttpClient("orders").FollowPrimary("shop", nodes, options =&gt; options.AddKeys = false);
    /// </code>
    /// </example>
    public static IHttpClientBuilder FollowPrimary(
        this IHttpClientBuilder builder,
        string service,
        IReadOnlyList<string> nodes,
        Action<FollowPrimaryOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new FollowPrimaryOptions();
        configure(options);

        // Clients of one cluster share what is known of it, and the stream that it is known by.
        var cluster = "understudy " + string.Join(' ', nodes);
        builder.Services.TryAddKeyedSingleton(cluster, (_, _) => new ServiceLocator(nodes));
        if (!IsOfGrpc(builder))
            builder.ConfigureHttpClient(client => client.BaseAddress ??= new Uri($"http://{service}/"));
        return builder
            .ConfigurePrimaryHttpMessageHandler(provider =>
                provider.GetRequiredKeyedService<ServiceLocator>(cluster).CreateHandler(service, options))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan); // Its connections are to be kept.
    }

    /// <summary>Whether the client is one of gRPC: they have an address of their own, and no HttpClient.</summary>
    private static bool IsOfGrpc(IHttpClientBuilder builder) =>
        builder.GetType().Assembly.GetName().Name == "Grpc.Net.ClientFactory";
}
