using System.Net.Sockets;

namespace Understudy.Tcp;

/// <summary>What the kernel takes of a connection's bytes before it can send them.</summary>
internal static class UnsentBytes
{
    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int NotSentLowWater = 25; // TCP_NOTSENT_LOWAT

    /// <summary>
    /// The kernel takes about so many bytes that it cannot send yet, as the peer has no room for them: by itself it
    /// copies megabytes for a peer that never reads. What is under way to a peer that does read is not bounded. Linux
    /// only; elsewhere the system's own bound counts.
    /// </summary>
    public static void Bound(Socket socket, int bytes)
    {
        if (!OperatingSystem.IsLinux()) return;
        socket.SetRawSocketOption(TcpLevel, NotSentLowWater, BitConverter.GetBytes(bytes));
    }
}
