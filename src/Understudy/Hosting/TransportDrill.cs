using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>
/// Loses a peer before the node joins: two transports of this process meet over loopback, one ends, and the other sees
/// the end and finds nobody at its address. To see that for the first time takes a process some ten milliseconds.
/// </summary>
internal static class TransportDrill
{
    private static readonly ServiceName _service = new("drill");

    /// <returns>False if it did not come to its end, which harms nothing.</returns>
    public static async Task<bool> RunAsync(Profile profile, TimeProvider clock, CancellationToken cancellationToken)
    {
        var nodes = ImmutableSortedDictionary<NodeId, IPEndPoint>.Empty
            .Add(new NodeId("d1"), FreeAddress())
            .Add(new NodeId("d2"), FreeAddress());
        var options = TransportOptions.For(profile, "drill", nodes) with { DrainTimeout = TimeSpan.Zero };
        var (first, second) = (Identity("d1"), Identity("d2"));
        var (seen, other) = (new Events(), new Events());
        await using var survivor = new TcpTransport(options, new NodeCodec(), seen, clock, new DrillLogger());
        await using (var victim = new TcpTransport(options, new NodeCodec(), other, clock, new DrillLogger()))
        {
            survivor.Listen(nodes[first.Member.Node]);
            victim.Listen(nodes[second.Member.Node]);
            survivor.Start(first);
            victim.Start(second);
            await Task.WhenAll(seen.Up.Task, other.Up.Task).WaitAsync(cancellationToken);
            victim.Send(first.Member, new ReplicationMessage.Appended(_service, default, IsMatched: true, 1, 1));
            victim.Flush();
            await seen.Told.Task.WaitAsync(cancellationToken);
        }

        await seen.Lost.Task.WaitAsync(cancellationToken);
        survivor.Probe(second.Member);
        await seen.Gone.Task.WaitAsync(cancellationToken);
        return true;
    }

    private static PeerIdentity Identity(string node) =>
        new(new MemberId(new NodeId(node), new Incarnation(1, 1)), new DiskId(1), null);

    // Free at this moment. If it is taken before the drill has it, the drill is cut short.
    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private sealed class Events : ITransportEvents
    {
        public TaskCompletionSource Up { get; } = New();

        public TaskCompletionSource Told { get; } = New();

        public TaskCompletionSource Lost { get; } = New();

        public TaskCompletionSource Gone { get; } = New();

        public void ChannelUp(PeerIdentity peer) => Up.TrySetResult();

        public void ChannelLost(MemberId peer, string reason) => Lost.TrySetResult();

        public void Received(MemberId from, Message message) => Told.TrySetResult();

        public void ReceivedAll()
        {
            // What was received is noted already.
        }

        public void ProbeFailed(MemberId peer) => Gone.TrySetResult();

        public void Alarm(string text)
        {
            // Nobody operates a drill.
        }

        public void FrameRefused(string text)
        {
            // As above.
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
