using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Simulation.Tests.Checkers;

public sealed class MapCheckersTests
{
    private static readonly ServiceName Side = new("kv-side");

    private readonly Planted _cluster = new();

    [Fact]
    public void A_dependent_that_is_frozen_elsewhere_breaks_nothing() =>
        Adopt(1, Entry(Planted.Kv, primary: 1), Entry(Side, primary: 2) with { IsFrozen = true });

    [Fact]
    public void A_dependent_that_serves_elsewhere_breaks_Together() => Planted.ShouldBreak(
        "Together", () => Adopt(1, Entry(Planted.Kv, primary: 1), Entry(Side, primary: 2)));

    [Fact]
    public void A_dependent_that_serves_while_its_sponsor_is_frozen_breaks_Together() => Planted.ShouldBreak(
        "Together", () => Adopt(1, Entry(Planted.Kv, primary: 1) with { IsFrozen = true }, Entry(Side, primary: 1)));

    [Fact]
    public void An_order_that_is_older_than_the_last_breaks_NoOldOrder()
    {
        Adopt(2);

        Planted.ShouldBreak("NoOldOrder", () => Adopt(1));
    }

    [Fact]
    public void A_primary_that_was_frozen_for_a_switchover_may_be_replaced()
    {
        _cluster.Activate(1, primary: 1, inSync: [1, 2]);
        var operation = new Operation(_cluster.Member(2).Node, OperationStage.Freeze, TimeSpan.Zero, "an operator");
        Adopt(1, new ServiceEntry(Definition(Planted.Kv), _cluster.Configuration(1, primary: 1, inSync: [1, 2]))
        {
            Operation = operation,
        });

        _cluster.Activate(2, primary: 2, inSync: [1, 2]);
    }

    private void Adopt(long generation, params ServiceEntry[] entries) => _cluster.Cluster.Checkers.OnMap(
        _cluster.Node(1), new ServiceMap(new ConfigurationVersion(generation), 1, [.. entries]));

    private ServiceEntry Entry(ServiceName name, int primary) =>
        new(Definition(name), _cluster.Configuration(1, primary, [primary]) with { Service = name });

    private static ServiceDefinition Definition(ServiceName name) =>
        new(name, "kv", 1, 0, Durable: true) { With = name == Side ? [Planted.Kv] : [] };
}
