using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>What is to be done with a service's TCP connections, in order.</summary>
internal abstract record TcpEffect
{
    private TcpEffect()
    {
    }

    /// <summary>
    /// Connect to the backend on this node, in place of any earlier attempt for the connection, and say what came of
    /// it.
    /// </summary>
    public sealed record Connect(long Connection, long Attempt, NodeId Node) : TcpEffect;

    /// <summary>Carry bytes both ways between client and backend, and say when that has ended.</summary>
    public sealed record Splice(long Connection) : TcpEffect;

    /// <summary>
    /// Close both sides at once, so that neither takes what it has for the whole (a reset, not an end). Nothing more is
    /// said of it.
    /// </summary>
    public sealed record Close(long Connection) : TcpEffect;
}
