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
    private readonly List<(long Id, long After)> _damages = [];

    /// <summary>What is wrong with the state: a part of it that no client reads.</summary>
    public IReadOnlyList<(long Id, long After)> Damages => _damages;

    public void Damage(long id, long after) => _damages.Add((id, after));

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

    public Action<IBufferWriter<byte>> CaptureSnapshot()
    {
        (long Id, long After)[] damages = [.. _damages];
        var write = _kv.CaptureSnapshot();
        return destination =>
        {
            MayThrow();
            destination.Write(BitConverter.GetBytes(damages.Length));
            foreach (var (id, after) in damages)
            {
                destination.Write(BitConverter.GetBytes(id));
                destination.Write(BitConverter.GetBytes(after));
            }

            write(destination);
        };
    }

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        CaptureSnapshot()(destination);
        return default;
    }

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        MayThrow();
        _damages.Clear();
        if (snapshot.IsEmpty) return _kv.LoadSnapshotAsync(snapshot, cancellationToken);
        var reader = new SequenceReader<byte>(snapshot);
        reader.TryReadLittleEndian(out int count);
        for (; count > 0; count--)
        {
            reader.TryReadLittleEndian(out long id);
            reader.TryReadLittleEndian(out long after);
            _damages.Add((id, after));
        }

        return _kv.LoadSnapshotAsync(reader.UnreadSequence, cancellationToken);
    }

    public ValueTask<ServiceOutcome> HandleRequestAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        MayThrow();
        if (cluster.Keys.IsOver(request.IdempotencyKey))
        {
            cluster.Faults.Count(FaultKind.KeyOutlived);
            return new(ServiceOutcome.Refuse("the key may be forgotten"));
        }

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
