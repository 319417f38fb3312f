using Understudy.Kernel;
using Understudy.Services;

namespace Understudy.Workers;

/// <summary>One run of a worker in this process.</summary>
/// <param name="Key">Names it within the process.</param>
/// <param name="Service">The exclusive service.</param>
/// <param name="Kind">Which code that is.</param>
/// <param name="Number">Its number in the incarnation that ordered it.</param>
/// <param name="Incarnation">Which incarnation of this process that is.</param>
/// <param name="Token">Its fencing token.</param>
#pragma warning disable CA1001 // Its source has no timer and no linked token: there is nothing to dispose of.
internal sealed record WorkerRun(
    long Key, ServiceName Service, string Kind, long Number, int Incarnation, FencingToken Token)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stop = new();

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Runs nobody's code here: callbacks of the token run elsewhere.</summary>
    public void Cancel(TaskScheduler? scheduler) => _stop.CancelElsewhere(scheduler);
}
