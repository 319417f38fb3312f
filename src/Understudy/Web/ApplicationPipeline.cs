using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Understudy.Web;

/// <summary>
/// The application's own middleware and endpoints, for requests that did not come by its own listener. Such a request
/// reaches the endpoints of its service only.
/// </summary>
internal sealed partial class ApplicationPipeline(IServiceProvider provider, ILogger<ApplicationPipeline> logger)
    : IStartupFilter
{
    private readonly ConcurrentDictionary<string, bool> _services = [];
    private readonly TaskCompletionSource<RequestDelegate> _built =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Endpoints were mapped for this service.</summary>
    public void Add(string service) => _services[service] = true;

    /// <summary>Whether the application has endpoints for this service.</summary>
    public bool Has(string service) => _services.ContainsKey(service);

    /// <summary>Catches what the application built, before anything of it.</summary>
    Action<IApplicationBuilder> IStartupFilter.Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(rest =>
        {
            _built.TrySetResult(rest);
            return rest;
        });
        next(app);
    };

    /// <summary>Handles a request that came to another listener of this process.</summary>
    /// <param name="context">The request and its connection.</param>
    /// <param name="service">Its service.</param>
    /// <param name="target">Path and query, encoded, as the application knows them.</param>
    /// <returns>False if the node is not primary any more, and nothing was answered.</returns>
    public async Task<bool> ForwardAsync(HttpContext context, string service, string target)
    {
        var features = new FeatureCollection(context.Features);
        var (path, query) = Split(target);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Body = context.Request.Body,
            Headers = context.Request.Headers,
            Method = context.Request.Method,
            Protocol = context.Request.Protocol,
            Scheme = context.Request.Scheme,
            Path = path,
            QueryString = query,
            RawTarget = target,
        });
        features.Set<IItemsFeature>(new ItemsFeature());
        var arrived = new ArrivedRequest(service, IsInTurn: false);
        features.Set(arrived);
        await RunAsync(features, context.RequestAborted);
        return !arrived.HasMoved;
    }

    /// <summary>Handles a request in the service's turn.</summary>
    /// <returns>The answer, or null if the endpoint is not to run in turns; then nothing was done.</returns>
    public async Task<CarriedResponse?> HandleAsync(
        string service, CarriedRequest request, CancellationToken cancellationToken)
    {
        var arrived = new ArrivedRequest(service, IsInTurn: true);
        using var body = new MemoryStream();
        var response = new CarriedResponseFeature(body);
        try
        {
            await RunAsync(Features(request, arrived, response, cancellationToken), cancellationToken);
            return arrived.IsDeclined ? null : await response.CompleteAsync();
        }
#pragma warning disable CA1031 // As a server does: what nobody caught is 500, and the service goes on.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(e, request.Method, request.Target, service);
            return CarriedResponseFeature.Failed(service);
        }
    }

    private async Task RunAsync(FeatureCollection features, CancellationToken cancellationToken)
    {
        var run = await _built.Task.WaitAsync(cancellationToken);
        await using var scope = provider.CreateAsyncScope();
        features.Set<IServiceProvidersFeature>(
            new ServiceProvidersFeature { RequestServices = scope.ServiceProvider });
        var factory = provider.GetRequiredService<IHttpContextFactory>();
        var context = factory.Create(features);
        try
        {
            await run(context);
        }
        finally
        {
            factory.Dispose(context);
        }
    }

    private static FeatureCollection Features(
        CarriedRequest request,
        ArrivedRequest arrived,
        CarriedResponseFeature response,
        CancellationToken cancellationToken)
    {
        var (path, query) = Split(request.Target);
        IHeaderDictionary headers = new HeaderDictionary();
        foreach (var (name, value) in request.Headers) headers.Append(name, value);
        if (request.Host.Length > 0) headers.Host = request.Host;
        if (request.ContentType.Length > 0) headers.ContentType = request.ContentType;
        if (request.Authorization.Length > 0) headers.Authorization = request.Authorization;
        if (!request.Body.IsEmpty) headers.ContentLength = request.Body.Length;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Body = new MemoryStream(request.Body.ToArray(), writable: false),
            Headers = headers,
            Method = request.Method,
            Protocol = "HTTP/1.1",
            Scheme = request.Scheme,
            Path = path,
            QueryString = query,
            RawTarget = request.Target,
        });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response.Body);
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(!request.Body.IsEmpty));
        features.Set<IHttpRequestLifetimeFeature>(
            new HttpRequestLifetimeFeature { RequestAborted = cancellationToken });
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = request.Client });
        features.Set(arrived);
        return features;
    }

    private static (string Path, string Query) Split(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        return (PathString.FromUriComponent(path).Value ?? "", query < 0 ? "" : target[query..]);
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
