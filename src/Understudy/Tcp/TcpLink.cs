using System.Net;
using System.Net.Sockets;
using Understudy.Hosting;

namespace Understudy.Tcp;

/// <summary>
/// One client's connection, and its backend's once there is one. Told by its forwarder's loop alone; tells it by the
/// functions that it is given, on any thread.
/// </summary>
internal abstract class TcpLink
{
    /// <summary>The attempt to connect whose outcome counts.</summary>
    public long Attempt { get; set; }

    /// <summary>Says when there are too many open files for a connection to the backend; null: never.</summary>
    public OpenFiles? Files { get; init; }

    /// <summary>
    /// Begins to connect to the backend, at once, in place of an earlier attempt.
    /// </summary>
    /// <param name="to">The backend's address.</param>
    /// <param name="done">Is told why it failed, or null.</param>
    public abstract void Connect(IPEndPoint to, Action<string?> done);

    /// <summary>
    /// Carries bytes between the two until both directions have ended, or one side is broken. An end of one side's
    /// bytes is passed on, and the other direction goes on (half-close); a reset is passed on as a reset.
    /// </summary>
    /// <param name="ended">Is called when both are closed.</param>
    public abstract void Splice(Action ended);

    /// <summary>Resets both sides: what was cut must not look whole. Nothing is told any more that counts.</summary>
    public abstract void Abort();

    /// <summary>
    /// Small messages leave at once, and a peer that has vanished is noticed in two minutes. One that does not read is
    /// left alone: what its program is about is not known here.
    /// </summary>
    protected static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        VanishedPeers.Notice(socket, after: TimeSpan.FromSeconds(60), every: TimeSpan.FromSeconds(10), times: 6);
    }

    protected Socket CreateBackend(IPEndPoint to)
    {
        var backend = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (Files?.IsShort(backend) is true)
        {
            backend.Dispose();
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        Prepare(backend);
        return backend;
    }
}
