using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Understudy.Benchmarks;

/// <summary>
/// One node in this process, which is a web application whose endpoints run where its service is primary.
/// </summary>
internal static class WebHost
{
    public static async Task<int> RunAsync(HostOptions options, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0"); // Asked by its node's address only.
        builder.AddUnderstudy(understudy =>
            {
                understudy.Node = options.Node;
                understudy.DataDirectory = options.Data;
                understudy.ConfigurationFile = options.Configuration;
            })
            .AddService<WebCounter>(WebCounter.Name, shape =>
            {
                shape.Secondaries = BenchmarkCluster.Nodes - 1;
                shape.Spares = 0;
                shape.Durability = options.Commits.IsDurable ? Durability.Disk : Durability.Memory;
            });
        await using var application = builder.Build();
        var web = application.MapService(WebCounter.Name);
        web.MapGet("/value", async (WebCounter counter, CancellationToken gone) => Text(await counter.ReadAsync(gone)));
        web.MapPost(
            "/value/increment",
            async (WebCounter counter, CancellationToken gone) => Text(await counter.IncrementAsync(gone)));
        BenchmarkHost.EndWithInput(application.Lifetime);
        await application.StartAsync(stop);
        await application.WaitForShutdownAsync(stop);
        return 0;
    }

    private static IResult Text(long number) => Results.Text(number.ToString(CultureInfo.InvariantCulture));
}
