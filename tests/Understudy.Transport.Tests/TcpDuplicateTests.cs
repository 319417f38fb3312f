using Understudy.Kernel;

namespace Understudy.Transport.Tests;

public class TcpDuplicateTests
{
    [Fact]
    public async Task A_live_duplicate_of_a_node_id_is_refused_with_an_alarm_on_both_and_harms_no_channel()
    {
        var nodes = TestNode.Addresses("n1", "n2");
        await using var node1 = await TestNode.StartAsync(Samples.Identity("n1"), nodes, change: Patient);
        await using var node2 = await TestNode.StartAsync(Samples.Identity("n2"), nodes, change: Patient);
        await Task.WhenAll(node1.ChannelUpAsync("n2"), node2.ChannelUpAsync("n1"));

        await using var twin = await TestNode.StartAsync(
            Samples.Identity("n2", 2), nodes, TestNode.NewAddress(), Patient);
        (await node1.Events.NextAsync<Happened.Alarmed>()).Text.ShouldContain("duplicate node id");
        (await twin.Events.NextAsync<Happened.Alarmed>()).Text.ShouldContain("duplicate node id");
        (await twin.Events.NextAsync<Happened.Refused>()).Text.ShouldContain("Stop one of the two");

        await node1.ShouldReachAsync(node2, "unharmed");
        node1.Events.All.OfType<Happened.Lost>().ShouldBeEmpty();
    }

    // The living twin must have time to answer, however busy the machine is.
    private static TransportOptions Patient(TransportOptions options) =>
        options with { ProbeTimeout = TimeSpan.FromSeconds(30), HandshakeTimeout = TimeSpan.FromSeconds(30) };
}
