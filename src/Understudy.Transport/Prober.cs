using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport;

/// <summary>
/// Asks who answers at a node's registered address, by a few short attempts. Works on threads of its own and without
/// timers: those are late by more than the whole probe may take. No attempt throws: an exception's first use is slow.
/// </summary>
internal sealed class Prober(TransportOptions options, TimeProvider clock) : IDisposable
{
    private readonly KeptThreads _threads = new("probe");

    /// <summary>What one attempt found.</summary>
    private enum Finding
    {
        /// <summary>The incarnation asked for answered, or this node could not ask.</summary>
        Answered,

        /// <summary>Nobody answered in time, or somebody else did; what was accepted may have been reset.</summary>
        Unanswered,

        /// <summary>Nothing listens there.</summary>
        Refused,
    }

    /// <summary>Probes, and tells the result on a thread of the prober's.</summary>
    /// <param name="peer">The incarnation that should answer.</param>
    /// <param name="self">Who asks.</param>
    /// <param name="onDone">Told whether it answered.</param>
    public void Ask(MemberId peer, PeerIdentity self, Action<bool> onDone)
    {
        if (!_threads.TryRun(() => onDone(Answers(peer, self)))) onDone(false);
    }

    public void Dispose() => _threads.Dispose();

    /// <summary>Probes on this thread.</summary>
    public bool Answers(MemberId peer, PeerIdentity self)
    {
        if (!options.Nodes.TryGetValue(peer.Node, out var address)) return false;
        var hello = new Handshake.Hello(HelloPurpose.Probe, options.ClusterName, self, peer.Node);
        var question = HandshakeFrames.Encode(hello, self);
        foreach (var wait in options.ProbeWaits)
        {
            // Asleep: a thread that yields instead gives a whole slice away where there are more threads than cores.
            if (wait > TimeSpan.Zero) Thread.Sleep(wait);
            switch (AskOnce(peer.Incarnation, address, question))
            {
                case Finding.Answered: return true;
                case Finding.Refused: return false; // A process that lives listens: to ask it again tells nothing new.
            }
        }

        return false;
    }

    private Finding AskOnce(Incarnation expected, IPEndPoint address, byte[] question)
    {
        var began = clock.GetTimestamp();
        if (CreateSocket(address) is not { } created) return Finding.Answered;
        using var socket = created;
        socket.Blocking = false;
        socket.NoDelay = true;
        try
        {
            var error = Connect(socket, address);
            if (error == SocketError.ConnectionRefused) return Finding.Refused;
            var isAnswered = error == SocketError.Success
                && socket.Send(question, SocketFlags.None, out _) == question.Length
                && ReadAnswerer(socket, began) == expected;
            return isAnswered ? Finding.Answered : Finding.Unanswered;
        }
        catch (SocketException)
        {
            return Finding.Unanswered;
        }
    }

    /// <summary>
    /// A socket, or null if this process has too many open files: who cannot ask has no evidence against anybody.
    /// </summary>
    private static Socket? CreateSocket(IPEndPoint address)
    {
        try
        {
            return new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private SocketError Connect(Socket socket, IPEndPoint address)
    {
        // Not disposed: after a timeout the socket's end completes the attempt.
        var done = new ManualResetEventSlim();
        var attempt = new SocketAsyncEventArgs { RemoteEndPoint = address };
        attempt.Completed += (_, _) => done.Set();
        if (!socket.ConnectAsync(attempt)) return attempt.SocketError;

        // The socket itself is asked: the attempt's completion comes by the thread pool, after all that waits there.
        if (!socket.Poll(options.ProbeTimeout, SelectMode.SelectWrite)) return SocketError.TimedOut;
        var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success) return error;
        return done.Wait(options.ProbeTimeout) ? attempt.SocketError : SocketError.TimedOut;
    }

    /// <summary>Reads one frame. Whatever it says, its header tells who is alive.</summary>
    private Incarnation? ReadAnswerer(Socket socket, long began)
    {
        var reader = new FrameReader(HandshakeCodec.MaxBytes);
        var buffer = new byte[FrameHeader.Length + HandshakeCodec.MaxBytes];
        while (true)
        {
            var left = options.ProbeTimeout - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero || !socket.Poll(left, SelectMode.SelectRead)) return null;
            var count = socket.Receive(buffer, SocketFlags.None, out var error);
            if (count == 0 || error != SocketError.Success) return null;

            var input = new ReadOnlySequence<byte>(buffer, 0, count);
            var progress = reader.Read(ref input, out var frame, out _);
            if (progress == FrameProgress.Complete) return frame.Header.Source;
            if (progress == FrameProgress.Refused) return null;
        }
    }
}
