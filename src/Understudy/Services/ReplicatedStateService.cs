using System.Buffers;
using Understudy.Web;

namespace Understudy;

/// <summary>
/// A service whose whole state is in collections: derive from it, declare the collections of <see cref="State"/> in
/// the constructor, and change them in transactions. Checkpoints, snapshots and roles are taken care of.
/// </summary>
/// <param name="state">The state, still without collections.</param>
/// <example>
/// <code>
/// public sealed class Visits : ReplicatedStateService
/// {
///     private readonly ReplicatedCounter _visits;
///
///     public Visits() : base(new ReplicatedState()) =&gt; _visits = State.Counter("visits");
///
///     public ValueTask&lt;long&gt; CountAsync() =&gt; State.TransactionAsync(tx =&gt; _visits.Increment(tx));
/// }
///
/// builder.AddUnderstudy(options =&gt; options.Node = "n1").AddService&lt;Visits&gt;("visits");
/// </code>
/// </example>
public abstract class ReplicatedStateService(ReplicatedState state) : IReplicatedService
{
    /// <summary>The service's state.</summary>
    public ReplicatedState State { get; } = state;

    /// <inheritdoc/>
    public int CheckpointFormat => State.Format;

    /// <inheritdoc/>
    public virtual ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
    {
        State.BecomePrimary(context.ServiceName, new ContextSink(context));
        return default;
    }

    /// <inheritdoc/>
    public virtual ValueTask BecomeSecondaryAsync(CancellationToken cancellationToken)
    {
        State.BecomeStandby(primary: null);
        return default;
    }

    /// <inheritdoc/>
    public virtual ValueTask BecomeSpareAsync(CancellationToken cancellationToken)
    {
        State.BecomeStandby(primary: null);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken)
    {
        State.ApplyCheckpoint(checkpoint);
        return default;
    }

    /// <inheritdoc/>
    public Action<IBufferWriter<byte>> CaptureSnapshot() => State.Freeze().Write;

    /// <inheritdoc/>
    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        State.SaveSnapshot(destination);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken)
    {
        State.LoadSnapshot(snapshot);
        return default;
    }

    /// <inheritdoc/>
    public virtual ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken) =>
        new(ServiceOutcome.Refuse($"{GetType().Name} takes no requests: it does not override HandleRequestAsync."));

    /// <summary>
    /// Handles a request by a transaction in the present turn: what <see cref="HandleRequestAsync"/> is to call, where
    /// awaiting <see cref="ReplicatedState.TransactionAsync{TResult}"/> would wait for its own turn.
    /// </summary>
    /// <param name="request">For the function.</param>
    /// <param name="change">Reads and changes collections, and returns the answer for the client.</param>
    /// <returns>The answer together with the change, committed as one.</returns>
    /// <example>
    /// <code>
    /// public override ValueTask&lt;ServiceOutcome&gt; HandleRequestAsync(
    ///     ServiceRequest request, CancellationToken cancellationToken) =&gt;
    ///     new(InTurn(request, (tx, asked) =&gt; Bytes(asked.IsRead ? _visits.Get(tx) : _visits.Increment(tx))));
    /// </code>
    /// </example>
    protected ServiceOutcome InTurn(
        ServiceRequest request, Func<ReplicatedTransaction, ServiceRequest, ReadOnlyMemory<byte>> change)
    {
        var answer = State.Execute(request, change, out var checkpoint);
        return new ServiceOutcome(answer, checkpoint);
    }

    /// <summary>A reign's context, as the state wants it.</summary>
    private sealed class ContextSink(IPrimaryContext context) : ICheckpointSink
    {
        public ValueTask<long> CheckpointAsync(Func<ReadOnlyMemory<byte>> change)
        {
            if (RequestTurn.Of(context.ServiceName) is not { } turn) return context.CheckpointAsync(change);
            turn.Change(change, mayBeOneOfSeveral: true);
            return default;
        }

        public ValueTask ConfirmAsync() => context.ConfirmAsync();
    }
}
