using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

/// <summary>A web server on loopback that answers what a test says.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeNode(WebApplication application) => _application = application;

    public string Address => new Uri(_application.Urls.First()).Authority;

    public Uri Root => new(_application.Urls.First());

    /// <summary>Answers the status path with this text, or nothing at all if it is null.</summary>
    public static Task<FakeNode> StartAsync(string? status) => StartAsync(async context =>
    {
        if (status is null || context.Request.Path != StatusDocument.Path) context.Response.StatusCode = 404;
        else await context.Response.WriteAsync(status);
    });

    public static async Task<FakeNode> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.Run(answer);
        await application.StartAsync();
        return new FakeNode(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
