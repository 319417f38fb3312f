using System.Buffers.Text;
using Understudy;

namespace Counter;

/// <summary>Counts visits. The count survives the loss of the machine that it is counted on.</summary>
public sealed class Visits : ReplicatedStateService
{
    private readonly ReplicatedCounter _visits;

    public Visits()
        : base(new ReplicatedState()) => _visits = State.Counter("visits");

    /// <summary>Counts a visit; where this provider is primary.</summary>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        State.TransactionAsync(tx => _visits.Increment(tx), cancellationToken);

    /// <summary>Counts a visit, or tells the count, for whichever node was asked.</summary>
    public override ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken) =>
        new(InTurn(request, (tx, asked) => Text(asked.IsRead ? _visits.Get(tx) : _visits.Increment(tx))));

    private static ReadOnlyMemory<byte> Text(long number)
    {
        var text = new byte[20];
        Utf8Formatter.TryFormat(number, text, out var length);
        return text.AsMemory(0, length);
    }
}
