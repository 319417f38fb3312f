using Understudy.Kernel;

namespace Understudy.Transport.Tests;

public class TcpTransportTests
{
    private readonly PeerIdentity _self1 = Samples.Identity("n1");
    private readonly PeerIdentity _self2 = Samples.Identity("n2");

    [Fact]
    public async Task Messages_go_both_ways_in_order()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(_self1, nodes);
        await using var node2 = await TestNode.StartAsync(_self2, nodes);
        (await node1.ChannelUpAsync("n2")).Peer.ShouldBe(_self2);
        (await node2.ChannelUpAsync("n1")).Peer.ShouldBe(_self1);

        for (var i = 0; i < 2000; i++) node1.Transport.Send(_self2.Member, new TextMessage($"{i}"));
        node1.Transport.Flush();
        for (var i = 0; i < 2000; i++)
        {
            (await node2.Events.NextAsync<Happened.Got>()).Message.ShouldBe(new TextMessage($"{i}"));
        }

        await node2.ShouldReachAsync(node1, "back");
    }

    [Fact]
    public async Task A_message_as_long_as_the_limit_arrives_and_a_longer_one_closes_the_channel_with_an_alarm()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(_self1, nodes);
        await using var node2 = await TestNode.StartAsync(_self2, nodes);
        await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));

        await node1.ShouldReachAsync(node2, new string('x', TransportOptions.UsualFrameBodyBytes));
        node1.Transport.Send(_self2.Member, new TextMessage(new string('x', TransportOptions.UsualFrameBodyBytes + 1)));
        (await node1.ChannelLostAsync("n2")).Reason.ShouldContain("longer than a frame may be");
        (await node1.Events.NextAsync<Happened.Alarmed>()).Text.ShouldContain("n2#1");

        await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));
        await node1.ShouldReachAsync(node2, "again");
    }

    [Fact]
    public async Task A_node_that_stops_is_lost_and_a_probe_of_it_fails_and_others_are_unharmed()
    {
        var nodes = TestNode.Addresses("n1", "n2", "n3");
        await using var node1 = await TestNode.StartAsync(_self1, nodes);
        await using var node3 = await TestNode.StartAsync(Samples.Identity("n3"), nodes);
        await Task.WhenAll(node1.ChannelUpAsync("n3"), node3.ChannelUpAsync("n1"));
        await using (var node2 = await TestNode.StartAsync(_self2, nodes))
        {
            await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));
            node2.Transport.Send(_self1.Member, new TextMessage("last words"));
            node2.Transport.Flush();
        }

        (await node1.Events.NextAsync<Happened.Got>()).Message.ShouldBe(new TextMessage("last words"));
        (await node1.ChannelLostAsync("n2")).Peer.ShouldBe(_self2.Member);
        node1.Transport.Probe(_self2.Member);
        (await node1.Events.NextAsync<Happened.NoAnswer>()).Peer.ShouldBe(_self2.Member);
        await node1.ShouldReachAsync(node3, "still here");
    }

    [Fact]
    public async Task A_probe_of_a_living_incarnation_reports_nothing_and_one_of_its_predecessor_fails()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        var next = Samples.Identity("n2", 2);

        // One attempt with much time: this test is about who answers, not how fast.
        await using var node1 = await TestNode.StartAsync(_self1, nodes, change: options =>
            options with { ProbeTimeout = TimeSpan.FromSeconds(30) });
        await using var node2 = await TestNode.StartAsync(next, nodes);
        await node1.ChannelUpAsync("n2");

        (await Task.Run(() => node1.Transport.Prober.Answers(next.Member, _self1))).ShouldBeTrue();
        node1.Transport.Probe(_self2.Member);
        (await node1.Events.NextAsync<Happened.NoAnswer>()).Peer.ShouldBe(_self2.Member);
    }

    [Fact]
    public async Task A_new_incarnation_at_the_same_address_gets_a_channel_of_its_own()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        var next = Samples.Identity("n2", 2);
        await using var node1 = await TestNode.StartAsync(_self1, nodes);
        await using (var old = await TestNode.StartAsync(_self2, nodes))
        {
            await node1.ChannelUpAsync("n2");
        }

        await node1.ChannelLostAsync("n2");
        await using var node2 = await TestNode.StartAsync(next, nodes);
        (await node1.ChannelUpAsync("n2")).Peer.ShouldBe(next);
        await node2.ChannelUpAsync("n1");
        await node1.ShouldReachAsync(node2, "welcome");
    }

    [Fact]
    public async Task A_node_that_changes_its_identity_meets_all_anew()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        var next = Samples.Identity("n2", 2);
        await using var node1 = await TestNode.StartAsync(_self1, nodes);
        await using var node2 = await TestNode.StartAsync(_self2, nodes);
        await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));

        await node2.Transport.ChangeIdentityAsync(next, CancellationToken.None);
        (await node2.ChannelLostAsync("n1")).Reason.ShouldBe("a new incarnation begins");
        (await node1.ChannelLostAsync("n2")).Peer.ShouldBe(_self2.Member);
        (await node1.ChannelUpAsync("n2")).Peer.ShouldBe(next);
        (await node2.ChannelUpAsync("n1")).Peer.ShouldBe(_self1);
    }

    [Fact]
    public async Task A_channel_whose_peer_does_not_read_is_closed_when_too_much_waits()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(
            _self1, nodes, change: options => options with { MaxOutboundBytes = 1024 * 1024 });
        await using var peer = new RawPeer(_self2, nodes[new NodeId("n2")], nodes[new NodeId("n1")]);
        var (connection, _) = await peer.GreetAsync("n1");
        await using var _ = connection;
        await node1.ChannelUpAsync("n2");

        var lost = node1.ChannelLostAsync("n2");
        var message = new TextMessage(new string('x', 256 * 1024));
        for (var i = 0; i < 1000 && !lost.IsCompleted; i++)
        {
            node1.Transport.Send(_self2.Member, message);
            node1.Transport.Flush();
        }

        (await lost).Reason.ShouldBe("more than 1048576 bytes wait to be sent");
    }

    [Fact]
    public async Task What_may_be_late_holds_nothing_up_and_is_dropped_when_it_waits_already_or_too_much_does()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(
            _self1, nodes, change: options => options with { MaxOutboundBytes = 1024 * 1024 });
        await using var node2 = await TestNode.StartAsync(_self2, nodes);
        await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));

        var large = new string('x', 300 * 1024);
        string[] names = ["a", "a", "b", "c", "too much"];
        foreach (var name in names) node1.Transport.Send(_self2.Member, new LateMessage(name, name + large));
        node1.Transport.Send(_self2.Member, new TextMessage("prompt"));
        node1.Transport.Flush();
        await TextShouldBeAsync(node2, "prompt");
        await TextShouldBeAsync(node2, "a" + large);
        await TextShouldBeAsync(node2, "b" + large);
        await TextShouldBeAsync(node2, "c" + large);

        // There is room again, for the same names, too.
        node1.Transport.Send(_self2.Member, new LateMessage("a", "a again"));
        node1.Transport.Flush();
        await TextShouldBeAsync(node2, "a again");
        await node1.ShouldReachAsync(node2, "on the same channel");
    }

    [Fact]
    public async Task A_channel_whose_peer_does_not_read_is_not_closed_by_what_may_be_late()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(
            _self1, nodes, change: options => options with { MaxOutboundBytes = 1024 * 1024 });
        await using var peer = new RawPeer(_self2, nodes[new NodeId("n2")], nodes[new NodeId("n1")]);
        var (connection, _) = await peer.GreetAsync("n1");
        await using var _ = connection;
        await node1.ChannelUpAsync("n2");

        var lost = node1.ChannelLostAsync("n2");
        for (var i = 0; i < 1000; i++)
        {
            node1.Transport.Send(_self2.Member, new LateMessage($"{i}", new string('x', 256 * 1024)));
            node1.Transport.Flush();
        }

        lost.IsCompleted.ShouldBeFalse();
    }

    private static async Task TextShouldBeAsync(TestNode node, string text) =>
        (await node.Events.NextAsync<Happened.Got>()).Message.ShouldBe(new TextMessage(text));
}
