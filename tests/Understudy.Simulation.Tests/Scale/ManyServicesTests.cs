using Understudy.Simulator.Scale;

namespace Understudy.Simulation.Tests.Scale;

public sealed class ManyServicesTests
{
    [Fact]
    public void Ten_thousand_services_on_fifty_nodes_survive_the_loss_of_one_by_one_decision()
    {
        var many = new ManyServices(10_000, 50, seed: 1, new NodeCodec());
        many.AwaitShape();
        ShouldBeEven(many.Spread);

        ShouldBeOneDecision(many.Kill(new Kernel.NodeId("n30")));
        many.AwaitShape();
        ShouldBeOneDecision(many.Kill(many.Manager));
    }

    private static void ShouldBeEven(Spread spread)
    {
        spread.OfPrimaries.ShouldBeLessThanOrEqualTo(1);
        // A node with one primary more than another may have two secondaries less.
        spread.OfSecondaries.ShouldBeLessThanOrEqualTo(2);
    }

    private static void ShouldBeOneDecision(NodeLoss loss)
    {
        loss.LostPrimaries.ShouldBeGreaterThan(100);
        loss.Decisions.ShouldBe(1);
        loss.Checkpoints.ShouldBe(1);
        loss.Orders.ShouldAllBe(orders => orders == 1);
        loss.MovedNeedlessly.ShouldBe(0);
        loss.ServedAgainAfter.ShouldBeLessThan(TimeSpan.FromSeconds(1), "simulated");
    }
}
