using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Protocol;

/// <summary>
/// Holds what may not leave before a flush: the loop never waits for one, and only what depends on it does. One gate
/// for one file.
/// </summary>
internal sealed class FlushGate
{
    private readonly Queue<(long Ticket, MemberId To, Message Message)> _held = new();
    private long _issued;

    /// <summary>Every write up to this ticket is durable.</summary>
    public long Flushed { get; private set; }

    public bool IsWaiting => Flushed < _issued;

    public long Issue() => ++_issued;

    /// <summary>Holds the message if a write before it is not durable yet.</summary>
    /// <returns>True if it is held.</returns>
    public bool TryHold(MemberId to, Message message)
    {
        if (!IsWaiting) return false;
        _held.Enqueue((_issued, to, message));
        return true;
    }

    /// <summary>Takes out what a flush releases.</summary>
    public List<(MemberId To, Message Message)> Release(long ticket)
    {
        Invariant.Holds(ticket <= _issued, "Only what was written can be flushed");
        if (ticket > Flushed) Flushed = ticket;
        List<(MemberId, Message)> released = [];
        while (_held.TryPeek(out var first) && first.Ticket <= Flushed)
        {
            _held.Dequeue();
            released.Add((first.To, first.Message));
        }

        return released;
    }
}
