using Microsoft.Extensions.Hosting;

namespace Understudy.Testing.Tests;

/// <summary>Writes into one list for all nodes, again and again, which reign it acts in.</summary>
internal sealed class Poller(IWorkerContext context, IUnderstudyNode node, Polls polls, TimeProvider time)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        polls.Begun++;
        if (polls.FirstDoes is { } first) await first();
        if (polls.ReturnsAtOnce) return;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10), time);
        do
        {
            polls.Add(context.FencingToken, node.Node, context.MayAct);
        }
        while (await pace.WaitForNextTickAsync(stoppingToken));
    }
}
