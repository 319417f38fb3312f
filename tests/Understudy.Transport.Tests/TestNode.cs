using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Understudy.Kernel;

namespace Understudy.Transport.Tests;

/// <summary>A transport with a real listener on loopback.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static int s_lastAddress;

    private TestNode(TcpTransport transport, EventLog events, PeerIdentity self)
    {
        (Transport, Events, Self) = (transport, events, self);
    }

    public TcpTransport Transport { get; }

    public EventLog Events { get; }

    public PeerIdentity Self { get; }

    /// <summary>Addresses of nodes: each has an IP of its own in 127/8, so that no port can be taken.</summary>
    public static ImmutableSortedDictionary<NodeId, IPEndPoint> Addresses(params string[] nodes) =>
        nodes.ToImmutableSortedDictionary(node => new NodeId(node), _ => NewAddress());

    public static IPEndPoint NewAddress()
    {
        var number = Interlocked.Increment(ref s_lastAddress);
        byte[] address = [127, (byte)(2 + Environment.ProcessId % 250), (byte)(number / 250), (byte)(1 + number % 250)];
        return new IPEndPoint(new IPAddress(address), 7101);
    }

    public static Task<TestNode> StartAsync(
        PeerIdentity self,
        ImmutableSortedDictionary<NodeId, IPEndPoint> nodes,
        IPEndPoint? address = null,
        Func<TransportOptions, TransportOptions>? change = null)
    {
        var options = new TransportOptions { ClusterName = "web", Nodes = nodes };
        options = change is null ? options : change(options);
        var events = new EventLog();
        var transport = new TcpTransport(
            options, new TextCodec(), events, TimeProvider.System, NullLogger<TcpTransport>.Instance);

        transport.Listen(address ?? nodes[self.Member.Node]);
        transport.Start(self);
        return Task.FromResult(new TestNode(transport, events, self));
    }

    public Task<Happened.Up> ChannelUpAsync(string node) =>
        Events.NextAsync<Happened.Up>(up => up.Peer.Member.Node.Value == node);

    public Task<Happened.Lost> ChannelLostAsync(string node) =>
        Events.NextAsync<Happened.Lost>(lost => lost.Peer.Node.Value == node);

    /// <summary>Sends a text on the channel and waits until the other node has it.</summary>
    public async Task ShouldReachAsync(TestNode other, string text)
    {
        Transport.Send(other.Self.Member, new TextMessage(text));
        Transport.Flush();
        var got = await other.Events.NextAsync<Happened.Got>();
        got.ShouldBe(new Happened.Got(Self.Member, new TextMessage(text)));
    }

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
