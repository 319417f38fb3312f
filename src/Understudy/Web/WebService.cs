using System.Buffers;
using Understudy.Replication.Protocol;

namespace Understudy.Web;

/// <summary>
/// A service in an application with endpoints: requests that were carried here are handled by the application, in the
/// service's turn; all else is the service's own.
/// </summary>
/// <param name="name">The service's name.</param>
/// <param name="inner">Its code.</param>
/// <param name="application">What handles its requests.</param>
internal sealed class WebService(string name, IReplicatedService inner, ApplicationPipeline application)
    : IReplicatedService
{
    /// <summary>
    /// Asks whether the service has a primary and where. It is a read, so the answer says that the node was still
    /// primary after it was asked.
    /// </summary>
    public static readonly ReadOnlyMemory<byte> Whereabouts = ComparedPart.Join([], []);

    /// <summary>The service's code.</summary>
    public IReplicatedService Inner => inner;

    public int CheckpointFormat => inner.CheckpointFormat;

    public bool HasComparableSnapshots => inner.HasComparableSnapshots;

    public ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken) =>
        inner.BecomePrimaryAsync(context, cancellationToken);

    public ValueTask BecomeSecondaryAsync(CancellationToken cancellationToken) =>
        inner.BecomeSecondaryAsync(cancellationToken);

    public ValueTask BecomeSpareAsync(CancellationToken cancellationToken) =>
        inner.BecomeSpareAsync(cancellationToken);

    public ValueTask ApplyCheckpointAsync(
        ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken) =>
        inner.ApplyCheckpointAsync(checkpoint, number, format, cancellationToken);

    public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken) =>
        inner.SaveSnapshotAsync(destination, cancellationToken);

    public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken) =>
        inner.LoadSnapshotAsync(snapshot, cancellationToken);

    public ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken)
    {
        if (request.IsRead && request.Body.Span.SequenceEqual(Whereabouts.Span)) return default;
        return CarriedRequest.TryDecode(request.Body, out var carried)
            ? HandleAsync(carried, cancellationToken)
            : inner.HandleRequestAsync(request, cancellationToken);
    }

    private async ValueTask<ServiceOutcome> HandleAsync(CarriedRequest request, CancellationToken cancellationToken)
    {
        if (!application.Has(name))
        {
            return ServiceOutcome.Refuse(
                $"{name} has no endpoints. An application gives it some by MapService(\"{name}\").");
        }

        var turn = new RequestTurn(name);
        turn.Enter();
        CarriedResponse? response;
        IReadOnlyList<ReadOnlyMemory<byte>> changes;
        try
        {
            response = await application.HandleAsync(name, request, cancellationToken);
        }
        finally
        {
            changes = turn.End();
        }

        cancellationToken.ThrowIfCancellationRequested(); // Deposed: what was changed is undone.
        if (response is null) return ServiceOutcome.Refuse(Refusals.OutsideTurns);
        var answer = response.Encode();

        // Nothing was changed and it failed: it is not kept, so that it may go better when it is sent again.
        return response.Status >= 500 && changes.Count == 0
            ? ServiceOutcome.Refuse(Refusals.Of(answer))
            : new ServiceOutcome(answer, Together(changes));
    }

    private static ReadOnlyMemory<byte> Together(IReadOnlyList<ReadOnlyMemory<byte>> changes) =>
        changes.Count switch
        {
            0 => default,
            1 => changes[0],
            _ => Understudy.CheckpointFormat.Join(changes),
        };
}
