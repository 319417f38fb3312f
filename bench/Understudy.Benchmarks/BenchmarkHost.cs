using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;
using Understudy.Replication;

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
        var understudy = builder.AddUnderstudy(understudy =>
        {
            understudy.Node = options.Node;
            understudy.DataDirectory = options.Data;
            understudy.ConfigurationFile = options.Configuration;
        });
        var isTransfer = options.Megabytes > 0;
        if (isTransfer) understudy.AddService<ValuesService>(ValuesService.Name, Shape);
        else understudy.AddService<CommitsService>(CommitsService.Name, Shape);
        using var host = builder.Build();
        await host.StartAsync(stop);
        EndWithInput(host.Services.GetRequiredService<IHostApplicationLifetime>());
        var node = host.Services.GetRequiredService<IUnderstudyNode>();
        var result = isTransfer
            ? await TransferAsync(node, host.Services.GetRequiredService<IUnderstudyAdmin>(), options, stop)
            : await CommitAsync(node, options, stop);
        await Console.Out.WriteLineAsync(Result + result);
        await host.WaitForShutdownAsync(stop);
        return 0;

        void Shape(ServiceShape shape)
        {
            shape.Secondaries = Secondaries(options);
            shape.Spares = 0;
            shape.Durability = options.Commits.IsDurable ? Durability.Disk : Durability.Memory;
        }
    }

    private static async Task<string> CommitAsync(IUnderstudyNode node, HostOptions options, CancellationToken stop)
    {
        var (service, primary) = await ReignAsync<CommitsService>(
            node, CommitsService.Name, options, s => s.Primary, stop);
        var load = new CallerLoad(() => () => service.ChangeAsync(primary), options.Commits.Clients);
        await load.RunAsync(WarmUp);
        await Console.Out.WriteLineAsync(Measuring);
        return (await load.RunAsync(options.Commits.Duration)).ToJson();
    }

    private static async Task<string> TransferAsync(
        IUnderstudyNode node, IUnderstudyAdmin admin, HostOptions options, CancellationToken stop)
    {
        var (service, primary) = await ReignAsync<ValuesService>(
            node, ValuesService.Name, options, s => s.Primary, stop);
        var wanted = new ServiceDefinition(
            new ServiceName(ValuesService.Name),
            ValuesService.Name,
            Secondaries(options) + 1,
            Spares: 0,
            options.Commits.IsDurable);
        var load = new TransferLoad(node, admin, service, primary, options.Commits.Clients);
        return (await load.RunAsync(options.Megabytes, wanted, stop)).ToJson();
    }

    // A transfer needs a node that has nothing.
    private static int Secondaries(HostOptions options) => BenchmarkCluster.Nodes - (options.Megabytes > 0 ? 2 : 1);

    // Whoever started this process holds its standard input open; it ends with whoever did.
    internal static void EndWithInput(IHostApplicationLifetime application)
    {
        void Wait()
        {
            Console.In.ReadToEnd();
            application.StopApplication();
        }

        new Thread(Wait) { Name = "end of input", IsBackground = true }.Start();
    }

    /// <summary>Waits, perhaps for ever, until the primary is here and all its secondaries are in sync.</summary>
    private static async Task<(TService Service, IPrimaryContext Primary)> ReignAsync<TService>(
        IUnderstudyNode node,
        string name,
        HostOptions options,
        Func<TService, IPrimaryContext?> reign,
        CancellationToken stop)
        where TService : class, IReplicatedService
    {
        while (true)
        {
            var status = node.Status.Services.FirstOrDefault(service => service.Name == name);
            var isWhole = status?.Secondaries.Count == Secondaries(options);
            if (isWhole && node.Find<TService>(name) is { } service && reign(service) is { } primary)
                return (service, primary);
            await Task.Delay(Poll, stop);
        }
    }
}
