using System.Net.Sockets;

namespace Understudy.Tcp;

/// <summary>
/// Notices that the other end of a connection has vanished without a word: it lost its power, or its network.
/// </summary>
internal static class VanishedPeers
{
    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int UserTimeout = 18; // TCP_USER_TIMEOUT

    /// <summary>Asks an idle peer whether it is there, and ends the connection when it does not answer.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="after">How long it is idle before it is asked.</param>
    /// <param name="every">How long to wait for an answer.</param>
    /// <param name="times">How often to ask.</param>
    public static void Notice(Socket socket, TimeSpan after, TimeSpan every, int times)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)after.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)every.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, times);
    }

    /// <summary>
    /// Ends the connection, too, when the peer takes nothing of what is under way to it for so long: it has vanished,
    /// or it does not read. Linux only; elsewhere the system's own patience counts.
    /// </summary>
    public static void NoticeDeaf(Socket socket, TimeSpan after)
    {
        if (!OperatingSystem.IsLinux()) return;
        socket.SetRawSocketOption(TcpLevel, UserTimeout, BitConverter.GetBytes((int)after.TotalMilliseconds));
    }
}
