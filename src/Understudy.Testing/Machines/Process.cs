using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;
using Understudy.Services;

namespace Understudy.Testing.Machines;

/// <summary>What lives as long as one process: the application's own services, and the code that it provides.</summary>
internal sealed class Process
{
    private readonly ServiceProvider _provider;

    public Process(MachineParts parts, NodeId node)
    {
        Code = new CodeScheduler(parts.Time);
        var time = new ProcessTime(parts.Time, Code);
        var services = new ServiceCollection();
        services.AddLogging();
        parts.Configure(node, services);
        services.AddSingleton<TimeProvider>(time);
        _provider = services.BuildServiceProvider();
        Executors = new ServiceExecutors(
            parts.Services.Catalog(_provider), parts.Options.Profile, time, parts.Fail, Code);
    }

    public CodeScheduler Code { get; }

    public ServiceExecutors Executors { get; }

    /// <summary>Its code never goes on. What it opened is not disposed of: a killed process does not either.</summary>
    public void End()
    {
        Executors.End();
        Code.End();
    }
}
