using Understudy.Kernel;

namespace Understudy.Workers;

/// <summary>One run, as its code sees it.</summary>
internal sealed class WorkerContext(
    ServiceName service, FencingToken token, Func<bool> mayAct, CancellationToken demoted) : IWorkerContext
{
    public string ServiceName => service.Value;

    public FencingToken FencingToken => token;

    public CancellationToken Demoted => demoted;

    public bool MayAct => mayAct();

    public void ThrowIfDemoted()
    {
        demoted.ThrowIfCancellationRequested();
        if (!mayAct()) throw new OperationCanceledException($"This node may not run {service} any longer.", demoted);
    }
}
