using Understudy.Kernel;

namespace Understudy.Transport.Tests;

public class InMemoryNetworkTests
{
    private readonly InMemoryNetwork _network = new();
    private readonly EventLog _events1 = new();
    private readonly EventLog _events2 = new();
    private readonly PeerIdentity _self1 = Samples.Identity("n1");
    private readonly PeerIdentity _self2 = Samples.Identity("n2");

    [Fact]
    public async Task Nodes_meet_talk_and_part_in_the_order_of_the_calls()
    {
        var (node1, node2) = Started();
        node1.Send(_self2.Member, new TextMessage("one"));
        node1.Send(_self2.Member, new TextMessage("two"));
        _network.Pump().ShouldBeTrue();
        await node1.DisposeAsync();
        _network.Pump().ShouldBeTrue();
        _network.Pump().ShouldBeFalse();

        _events2.All.ShouldBe(
        [
            new Happened.Up(_self1),
            new Happened.Got(_self1.Member, new TextMessage("one")),
            new Happened.Got(_self1.Member, new TextMessage("two")),
            new Happened.Lost(_self1.Member, "the node has stopped"),
        ]);
    }

    [Fact]
    public void A_new_incarnation_is_met_anew_and_gets_nothing_meant_for_the_old_one()
    {
        var (node1, node2) = Started();
        node1.Send(_self2.Member, new TextMessage("before"));
        var next = Samples.Identity("n2", 2);
        _ = node2.ChangeIdentityAsync(next, CancellationToken.None);
        node1.Send(_self2.Member, new TextMessage("too late"));
        _network.Pump();

        _events1.All.ShouldBe(
        [
            new Happened.Up(_self2),
            new Happened.Lost(_self2.Member, "a new incarnation begins"),
            new Happened.Up(next),
        ]);
        _events2.All.OfType<Happened.Got>().ShouldBe([new Happened.Got(_self1.Member, new TextMessage("before"))]);
    }

    [Fact]
    public async Task A_probe_fails_only_when_the_incarnation_is_gone()
    {
        var (node1, node2) = Started();
        node1.Probe(_self2.Member);
        _network.Pump();
        _events1.All.OfType<Happened.NoAnswer>().ShouldBeEmpty();

        await node2.DisposeAsync();
        node1.Probe(_self2.Member);
        _network.Pump();
        _events1.All.OfType<Happened.NoAnswer>().ShouldBe([new Happened.NoAnswer(_self2.Member)]);
    }

    private (ITransport Node1, ITransport Node2) Started()
    {
        var node1 = _network.Attach(_self1.Member.Node, _events1);
        var node2 = _network.Attach(_self2.Member.Node, _events2);
        node1.Start(_self1);
        node2.Start(_self2);
        _network.Pump();
        return (node1, node2);
    }
}
