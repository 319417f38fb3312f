using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;

namespace Understudy.Benchmarks;

/// <summary>
/// One node in this process, hosted by the library as an application would. If it becomes the primary, callers within
/// it commit, and it says what they reached on its standard output.
/// </summary>
internal static class BenchmarkHost
{
    /// <summary>Begins the line that says that the warm-up is over.</summary>
    public const string Measuring = "MEASURING";

    /// <summary>Begins the line with the result, as JSON.</summary>
    public const string Result = "RESULT ";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    public static async Task<int> RunAsync(HostOptions options, CancellationToken stop)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.AddUnderstudy(understudy =>
            {
                understudy.Node = options.Node;
                understudy.DataDirectory = options.Data;
                understudy.ConfigurationFile = options.Configuration;
            })
            .AddService<CommitsService>(CommitsService.Name, shape =>
            {
                shape.Secondaries = BenchmarkCluster.Nodes - 1;
                shape.Spares = 0;
                shape.Durability = options.Commits.IsDurable ? Durability.Disk : Durability.Memory;
            });
        using var host = builder.Build();
        await host.StartAsync(stop);
        EndWithInput(host.Services.GetRequiredService<IHostApplicationLifetime>());
        var (service, primary) = await ReignAsync(host.Services.GetRequiredService<IUnderstudyNode>(), stop);
        var load = new CallerLoad(service, primary, options.Commits.Clients);
        await load.RunAsync(WarmUp);
        await Console.Out.WriteLineAsync(Measuring);
        var rate = await load.RunAsync(options.Commits.Duration);
        await Console.Out.WriteLineAsync(Result + rate.ToJson());
        await host.WaitForShutdownAsync(stop);
        return 0;
    }

    // Whoever started this process holds its standard input open; it ends with whoever did.
    private static void EndWithInput(IHostApplicationLifetime application)
    {
        void Wait()
        {
            Console.In.ReadToEnd();
            application.StopApplication();
        }

        new Thread(Wait) { Name = "end of input", IsBackground = true }.Start();
    }

    /// <summary>Waits, perhaps for ever, until the primary is here and all its secondaries are in sync.</summary>
    private static async Task<(CommitsService Service, IPrimaryContext Primary)> ReignAsync(
        IUnderstudyNode node, CancellationToken stop)
    {
        while (true)
        {
            var service = node.Find<CommitsService>(CommitsService.Name);
            if (service?.Primary is { } primary && IsWhole(node.Status)) return (service, primary);
            await Task.Delay(Poll, stop);
        }
    }

    private static bool IsWhole(StatusDocument status) => status.Services
        .Any(service => service.Name == CommitsService.Name && service.Secondaries.Count == BenchmarkCluster.Nodes - 1);
}
