using System.Buffers;

namespace Understudy.Tcp;

/// <summary>One direction of a spliced connection. Used by its <see cref="EpollThread"/> alone.</summary>
internal sealed class EpollDirection(int from, int to)
{
    /// <summary>After so many full buffers in one go, others have their turn.</summary>
    private const int MaxRounds = 8;

    private byte[]? _rest;
    private int _restFrom;
    private int _restTo;

    /// <summary>What came of carrying.</summary>
    public enum Outcome
    {
        /// <summary>There is nothing more to do until an event says so.</summary>
        Waits,

        /// <summary>There is more to carry, after others had their turn.</summary>
        HasMore,

        /// <summary>Its bytes have come to their end, which was passed on.</summary>
        Ended,

        /// <summary>One of the two is broken.</summary>
        Broken,
    }

    /// <summary>Whether its bytes have come to their end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether something waits until the receiving side takes more.</summary>
    public bool HasRest => _rest is not null;

    /// <summary>Carries what there is.</summary>
    /// <param name="buffer">Used meanwhile.</param>
    /// <param name="isExhaustive">
    /// Whether to read until nothing more is there. Otherwise a buffer that is not filled is the last one: an event
    /// says when more has come.
    /// </param>
    public Outcome Carry(byte[] buffer, bool isExhaustive)
    {
        if (HasEnded) return Outcome.Ended;
        if (HasRest)
        {
            if (!TrySendRest()) return Outcome.Broken;
            if (HasRest) return Outcome.Waits;
            isExhaustive = true; // What came meanwhile was told once.
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            var count = (int)EpollCalls.Receive(from, ref buffer[0], buffer.Length, 0);
            if (count < 0)
            {
                if (EpollCalls.LastError == EpollCalls.Interrupted) continue;
                return EpollCalls.LastError == EpollCalls.WouldBlock ? Outcome.Waits : Outcome.Broken;
            }

            if (count == 0)
            {
                HasEnded = true;
                return EpollCalls.Shutdown(to, EpollCalls.ShutdownSend) == 0 ? Outcome.Ended : Outcome.Broken;
            }

            var sent = Send(buffer, 0, count);
            if (sent < 0) return Outcome.Broken;
            if (sent < count)
            {
                Keep(buffer.AsSpan(sent, count - sent));
                return Outcome.Waits;
            }

            if (count < buffer.Length && !isExhaustive) return Outcome.Waits;
        }

        return Outcome.HasMore;
    }

    /// <summary>Gives back what it keeps.</summary>
    public void Drop()
    {
        if (_rest is not null) ArrayPool<byte>.Shared.Return(_rest);
        _rest = null;
    }

    private bool TrySendRest()
    {
        var sent = Send(_rest!, _restFrom, _restTo - _restFrom);
        if (sent < 0) return false;
        _restFrom += sent;
        if (_restFrom == _restTo) Drop();
        return true;
    }

    /// <returns>How much was taken, or -1 if the socket is broken.</returns>
    private int Send(byte[] buffer, int offset, int count)
    {
        while (true)
        {
            var sent = (int)EpollCalls.Send(to, ref buffer[offset], count, EpollCalls.NoSignal);
            if (sent >= 0) return sent;
            if (EpollCalls.LastError == EpollCalls.WouldBlock) return 0;
            if (EpollCalls.LastError != EpollCalls.Interrupted) return -1;
        }
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        _rest = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(_rest);
        (_restFrom, _restTo) = (0, rest.Length);
    }
}
