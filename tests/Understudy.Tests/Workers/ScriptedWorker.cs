using Microsoft.Extensions.Hosting;

namespace Understudy.Tests.Workers;

/// <summary>Does what a test says, with its context.</summary>
internal sealed class ScriptedWorker(
    IWorkerContext context, Func<IWorkerContext, CancellationToken, Task> script) : BackgroundService
{
    /// <summary>Does nothing until it is told to stop.</summary>
    public static Task UntilAsync(CancellationToken stop) => new TaskCompletionSource().Task.WaitAsync(stop);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => script(context, stoppingToken);
}
