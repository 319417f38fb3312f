using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Kernel;
using Understudy.Services;
using Understudy.Workers;

namespace Understudy.Testing.Machines;

/// <summary>What lives as long as one process: the application's own services, and the code that it provides.</summary>
internal sealed class Process
{
    private readonly ServiceProvider _provider;

    /// <param name="parts">What all machines work with.</param>
    /// <param name="node">Whose process it is.</param>
    /// <param name="kill">Kills it, and says why: a worker has not stopped.</param>
    public Process(MachineParts parts, NodeId node, Action<string> kill)
    {
        Code = new CodeScheduler(parts.Time);
        var time = new ProcessTime(parts.Time, Code);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddWorkerContexts();
        parts.Configure(node, services);
        services.AddSingleton<TimeProvider>(time);
        _provider = services.BuildServiceProvider();
        var (catalog, profile) = (parts.Services.Catalog(_provider), parts.Options.Profile);
        Executors = new ServiceExecutors(catalog, profile, time, parts.Fail, Code);
        Workers = new WorkerRuns(
            catalog,
            profile,
            time,
            late => parts.Time.Post(() => kill(late.Message)),
            NullLogger.Instance,
            now => new VirtualKillTimer(parts.Time, now, () => kill("its worker's lease has ended")),
            Code);
    }

    public CodeScheduler Code { get; }

    public ServiceExecutors Executors { get; }

    public WorkerRuns Workers { get; }

    /// <summary>Its code never goes on. What it opened is not disposed of: a killed process does not either.</summary>
    public void End()
    {
        Executors.End();
        Workers.Dispose();
        Code.End();
    }
}
