using System.Buffers;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Machines;

/// <summary>The built-in service, which sometimes throws instead of doing what it is asked, and is watched.</summary>
internal sealed class SimulatedService(
    SimulatedCluster cluster, SimulatedNode node, SimulatedProvider provider, SeededRandom random) : IReplicatedService
{
    private readonly KvService _kv = new();

    public ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
    {
        MayThrow();
        return default;
    }

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        cluster.Checkers.OnApplying(node, provider, number);
        MayThrow();
        return _kv.ApplyCheckpointAsync(checkpoint, number, format, cancellationToken);
    }

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken) =>
        _kv.SaveSnapshotAsync(destination, cancellationToken);

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        MayThrow();
        return _kv.LoadSnapshotAsync(snapshot, cancellationToken);
    }

    public ValueTask<ServiceOutcome> HandleRequestAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        MayThrow();
        return _kv.HandleRequestAsync(request, cancellationToken);
    }

    private void MayThrow()
    {
        if (cluster.IsCalm || node.ThrowsLeft == 0 || !random.Chance(cluster.Scenario.Services.Throw)) return;
        node.ThrowsLeft--;
        cluster.Faults.Count(FaultKind.ServiceThrew);
        throw new InvalidOperationException("drawn");
    }
}
