using Understudy.Client.Protocol;
using Understudy.Protocol;

namespace Understudy.Simulator.Clients;

/// <summary>How one client has its operations answered: one at a time.</summary>
internal abstract class SimulatedClient
{
    /// <summary>The idempotency key that an operation is sent with, or null.</summary>
    public abstract string? KeyOf(bool isRead, bool isWithoutKey, string key);

    public abstract void Begin(ClientOperation operation);

    /// <summary>What the client waited for has come: the time, or news.</summary>
    public abstract void OnWake(ClientOperation operation);

    /// <summary>An attempt at the present operation has ended.</summary>
    public abstract void OnEnded(Attempt attempt, AttemptEnd end, Reply? reply);

    /// <summary>The caller waits no longer.</summary>
    public virtual void OnTimeout(ClientOperation operation)
    {
    }

    /// <summary>The node that was asked has had its time to answer an attempt.</summary>
    public virtual void OnLeave(Attempt attempt)
    {
    }

    /// <summary>The present operation is over.</summary>
    public virtual void OnOver()
    {
    }
}
