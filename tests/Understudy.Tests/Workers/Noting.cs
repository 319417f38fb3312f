using Microsoft.Extensions.Hosting;

namespace Understudy.Tests.Workers;

/// <summary>A worker that says that it runs.</summary>
internal sealed class Noting(IWorkerContext context, Notebook notebook, TaskCompletionSource<Noting> seen)
    : BackgroundService
{
    public IWorkerContext Context => context;

    public Notebook Notebook => notebook;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        seen.TrySetResult(this);
        await ScriptedWorker.UntilAsync(stoppingToken);
    }
}
