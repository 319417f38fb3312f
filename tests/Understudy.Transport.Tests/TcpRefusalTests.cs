using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests;

/// <summary>Whatever one peer sends, its connection alone is closed: n3's channel stands throughout.</summary>
public class TcpRefusalTests : IAsyncLifetime
{
    private readonly PeerIdentity _self1 = Samples.Identity("n1", 1, Samples.Cluster);
    private readonly PeerIdentity _self2 = Samples.Identity("n2", 1, Samples.Cluster);
    private readonly ImmutableSortedDictionary<NodeId, IPEndPoint> _nodes = TestNode.Addresses("n1", "n2", "n3");

    private TestNode _node1 = null!;
    private TestNode _node3 = null!;
    private RawPeer _peer = null!;

    public async ValueTask InitializeAsync()
    {
        _node1 = await TestNode.StartAsync(_self1, _nodes);
        _node3 = await TestNode.StartAsync(Samples.Identity("n3", 1, Samples.Cluster), _nodes);
        await Task.WhenAll(_node1.ChannelUpAsync("n3"), _node3.ChannelUpAsync("n1"));
        _peer = new RawPeer(_self2, _nodes[new NodeId("n2")], _nodes[new NodeId("n1")]);
    }

    public async ValueTask DisposeAsync()
    {
        await _node1.ShouldReachAsync(_node3, "unharmed");
        _node1.Events.All.OfType<Happened.Lost>().ShouldNotContain(lost => lost.Peer.Node.Value == "n3");
        await _peer.DisposeAsync();
        await _node1.DisposeAsync();
        await _node3.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_Hello_with_a_wrong_cluster_name_is_refused() =>
        await ShouldRefuseAsync(_peer.GreetAsync("n1", clusterName: "shop"), RefusalCode.WrongClusterName);

    [Fact]
    public async Task A_Hello_with_a_wrong_cluster_id_is_refused() =>
        await ShouldRefuseAsync(
            _peer.GreetAsync("n1", Samples.Identity("n2", 1, new ClusterId(5))), RefusalCode.WrongClusterId);

    [Fact]
    public async Task A_Hello_for_another_node_is_refused() =>
        await ShouldRefuseAsync(_peer.GreetAsync("n3"), RefusalCode.WrongDestination);

    [Fact]
    public async Task A_Hello_of_an_unknown_node_is_refused() =>
        await ShouldRefuseAsync(_peer.GreetAsync("n1", Samples.Identity("n9")), RefusalCode.UnknownNode);

    [Fact]
    public async Task A_Hello_in_the_name_of_the_node_itself_is_refused_with_an_alarm()
    {
        await ShouldRefuseAsync(_peer.GreetAsync("n1", Samples.Identity("n1", 2)), RefusalCode.DuplicateNodeId);
        await _node1.Events.NextAsync<Happened.Alarmed>();
    }

    [Fact]
    public async Task Another_protocol_is_refused()
    {
        var request = "GET / HTTP/1.1\r\nHost: a-long-enough-name-that-fills-a-header\r\n\r\n"u8.ToArray();
        await using var connection = await _peer.DialAsync(request);
        (await RawPeer.ReadAsync(connection)).ShouldBeOfType<Handshake.Refused>().Text.ShouldContain("not a frame");
        (await _node1.Events.NextAsync<Happened.Refused>()).Text.ShouldContain("not a frame");
    }

    [Fact]
    public async Task A_layers_frame_before_the_handshake_is_refused()
    {
        await using var connection = await _peer.DialAsync(RawPeer.FrameOf(RawPeer.Header(_self2, _self1), "hi"u8));
        (await RawPeer.ReadAsync(connection)).ShouldBeOfType<Handshake.Refused>().Code.ShouldBe(RefusalCode.Damaged);
    }

    [Fact]
    public async Task A_damaged_frame_closes_its_channel()
    {
        var frame = RawPeer.FrameOf(RawPeer.Header(_self2, _self1), "hi"u8);
        frame[^1] ^= 1;
        await ShouldCloseAsync(frame, "damaged frame: its checksum is wrong");
    }

    [Fact]
    public async Task A_too_long_frame_closes_its_channel()
    {
        var frame = RawPeer.FrameOf(RawPeer.Header(_self2, _self1), "hi"u8);
        BitConverter.TryWriteBytes(frame.AsSpan(4), TransportOptions.UsualFrameBodyBytes + 1).ShouldBeTrue();
        await ShouldCloseAsync(frame, "too long frame: 16777217 bytes, the limit is 16777216");
    }

    [Fact]
    public async Task A_frame_for_another_incarnation_closes_its_channel() =>
        await ShouldCloseAsync(
            RawPeer.FrameOf(RawPeer.Header(_self2, Samples.Identity("n1", 8)), "hi"u8),
            "wrong destination: n2#1 sent a frame to incarnation 8, this is n1#1");

    [Fact]
    public async Task A_frame_from_another_incarnation_closes_its_channel() =>
        await ShouldCloseAsync(
            RawPeer.FrameOf(RawPeer.Header(Samples.Identity("n2", 8), _self1), "hi"u8),
            "n2#1 sent a frame in the name of another incarnation, 8");

    [Fact]
    public async Task A_frame_of_another_cluster_closes_its_channel() =>
        await ShouldCloseAsync(
            RawPeer.FrameOf(RawPeer.Header(_self2 with { Cluster = new ClusterId(5) }, _self1), "hi"u8),
            "wrong cluster id");

    [Fact]
    public async Task A_message_that_its_layer_cannot_read_closes_its_channel() =>
        await ShouldCloseAsync(
            RawPeer.FrameOf(RawPeer.Header(_self2, _self1), "bad"u8),
            "damaged message of Membership from n2#1: it says so itself");

    [Fact]
    public async Task A_new_incarnation_is_accepted_when_the_old_one_answers_no_more()
    {
        await using var old = (await _peer.GreetAsync("n1")).Connection;
        await _node1.ChannelUpAsync("n2");
        _peer.StopListening();

        var (connection, answer) = await _peer.GreetAsync("n1", Samples.Identity("n2", 2, Samples.Cluster));
        await using var _ = connection;
        answer.ShouldBeOfType<Handshake.Accepted>().From.ShouldBe(_self1);
        (await _node1.ChannelLostAsync("n2")).Reason.ShouldBe("n2#2 has dialled anew");
    }

    [Fact]
    public async Task Of_those_who_connect_and_say_nothing_the_oldest_make_room_for_a_peer()
    {
        List<NetworkStream> strangers = [];
        for (var i = 0; i < 4 * _node1.Transport.Options.MaxPendingHandshakes; i++)
            strangers.Add(await _peer.DialAsync([]));
        (await strangers[0].ReadAsync(new byte[1])).ShouldBe(0);
        var (connection, answer) = await _peer.GreetAsync("n1");
        await using var _ = connection;
        answer.ShouldBeOfType<Handshake.Accepted>();
        foreach (var stranger in strangers) await stranger.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_breaks_loses_its_channel()
    {
        var (connection, _) = await _peer.GreetAsync("n1");
        await _node1.ChannelUpAsync("n2");
        connection.Socket.Close();
        (await _node1.ChannelLostAsync("n2")).Peer.ShouldBe(_self2.Member);
    }

    private async Task ShouldRefuseAsync(
        Task<(NetworkStream Connection, Handshake? Answer)> greeting, RefusalCode code)
    {
        var (connection, answer) = await greeting;
        await using var _ = connection;
        var refused = answer.ShouldBeOfType<Handshake.Refused>();
        refused.Code.ShouldBe(code);
        (await _node1.Events.NextAsync<Happened.Refused>()).Text.ShouldContain(refused.Text);
        (await RawPeer.ReadAsync(connection)).ShouldBeNull();
    }

    private async Task ShouldCloseAsync(byte[] frame, string reason)
    {
        var (connection, answer) = await _peer.GreetAsync("n1");
        await using var _ = connection;
        answer.ShouldBeOfType<Handshake.Accepted>();
        await _node1.ChannelUpAsync("n2");

        await connection.WriteAsync(frame);
        (await RawPeer.ReadAsync(connection)).ShouldBeOfType<Handshake.Refused>().Text.ShouldContain(reason);
        (await _node1.ChannelLostAsync("n2")).Reason.ShouldContain(reason);
        (await _node1.Events.NextAsync<Happened.Refused>()).Text.ShouldContain(reason);
    }
}
