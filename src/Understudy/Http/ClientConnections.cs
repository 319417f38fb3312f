using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Understudy.Hosting;
using Understudy.Tcp;

namespace Understudy.Http;

/// <summary>
/// Bounds a node's HTTP connections, so that its peers, its disk and its operator are not left without. A few more are
/// taken than there may be, each for one request: health and the admin API are answered, clients are told.
/// </summary>
/// <param name="most">How many there may be.</param>
/// <param name="files">Says when the process has too many open files for another one.</param>
/// <param name="logger">Says what an operator may act on.</param>
/// <param name="clock">Measures.</param>
internal sealed partial class ClientConnections(int most, OpenFiles files, ILogger logger, TimeProvider clock)
{
    /// <summary>How many more are taken than there may be.</summary>
    public const int MostSurplus = 16;

    /// <summary>Whoever takes nothing for so long of what is sent to it is gone, or does not read.</summary>
    public static readonly TimeSpan DeafAfter = TimeSpan.FromSeconds(30);

    // An idle one is asked three times before it counts as deaf, so that a lost packet ends nothing.
    private static readonly TimeSpan _askAfter = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _askEvery = TimeSpan.FromSeconds(5);
    private const int AskTimes = 3;

    private int _count;
    private int _surplus;
    private bool _isFull;

    /// <summary>Takes a connection that was accepted. Called by the listener, for one after the other.</summary>
    /// <returns>False if it is to be closed at once.</returns>
    public bool TryAdmit(ConnectionContext connection)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        try
        {
            VanishedPeers.Notice(socket, _askAfter, _askEvery, AskTimes);
            VanishedPeers.NoticeDeaf(socket, DeafAfter);
            UnsentBytes.Bound(socket, NodeHttp.BufferBytes);
        }
        catch (SocketException)
        {
            return false; // It has gone already.
        }

        var isOneTooMany = Volatile.Read(ref _count) >= most;
        if (isOneTooMany != _isFull) NoteFull(isOneTooMany);
        return isOneTooMany || files.IsShort(socket) ? TryAdmitSurplus(connection) : Admit(connection);
    }

    private bool Admit(ConnectionContext connection)
    {
        Interlocked.Increment(ref _count);
        connection.ConnectionClosed.UnsafeRegister(_ => Interlocked.Decrement(ref _count), null);
        return true;
    }

    private bool TryAdmitSurplus(ConnectionContext connection)
    {
        if (Volatile.Read(ref _surplus) >= MostSurplus) return false;
        Interlocked.Increment(ref _surplus);
        var surplus = new SurplusConnection(connection, clock);
        connection.Features.Set(surplus);
        connection.ConnectionClosed.UnsafeRegister(
            _ =>
            {
                surplus.Begin();
                Interlocked.Decrement(ref _surplus);
            },
            null);
        return true;
    }

    private void NoteFull(bool isFull)
    {
        _isFull = isFull;
        if (isFull) LogFull(logger, most);
    }
}

/// <summary>A connection beyond those that there may be: for one request, which must come soon.</summary>
internal sealed class SurplusConnection
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly ITimer _timer;

    public SurplusConnection(ConnectionContext connection, TimeProvider clock) => _timer = clock.CreateTimer(
        _ => connection.Abort(new ConnectionAbortedException("No request came in time.")),
        null,
        _patience,
        Timeout.InfiniteTimeSpan);

    /// <summary>The request has come.</summary>
    public void Begin() => _timer.Dispose();
}
