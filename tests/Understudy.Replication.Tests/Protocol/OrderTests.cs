using System.Buffers;
using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>What the RM orders (agreement.md 4.6). It is on n1; its registry's other copy is on n2.</summary>
public sealed class OrderTests
{
    private static readonly ServiceDefinition Numbers = new(new ServiceName("numbers"), "kv", 1, 0, true);
    private static readonly ServiceDefinition Words = new(new ServiceName("words"), "kv", 1, 0, true);

    private readonly Registry _registry = new();
    private readonly Replica _replica;
    private readonly ReplicaManager _manager;
    private readonly View _view = View(1, 2, 3);
    private int _failures;

    public OrderTests()
    {
        _replica = new Replica(
            Registry.Name, Id(1), isDurable: false, new OnceOnlyState(_registry), null, Profile.Lan, Mutation.None);
        _replica.Begin(TimeSpan.Zero, []);
        _replica.Lead(Version(1), Providers(1, 2));
        _manager = new ReplicaManager([Numbers, Words], _registry, _replica, Profile.Lan, Mutation.None);
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(_view, TimeSpan.Zero);
    }

    [Fact]
    public void A_node_is_ordered_the_whole_map_and_then_what_has_changed()
    {
        var whole = Order(3);
        whole.Since.ShouldBe(0);
        whole.Map.Services.ShouldBe(_registry.Services);
        Take(3, whole);

        Change();
        var next = Order(3);
        next.Since.ShouldBe(whole.Map.Sequence);
        next.Map.Services.ShouldBe([_registry.Find(Words.Name)!]);
        whole.Map.Follow(next).Services.ShouldBe(_registry.Services);
    }

    [Fact]
    public void An_order_follows_the_one_that_was_sent_before_it_is_taken()
    {
        Order(3);
        Change();
        var second = Order(3);
        Change();

        Order(3).Since.ShouldBe(second.Map.Sequence);
    }

    [Fact]
    public void An_order_that_was_missed_is_made_again_from_the_map_that_the_node_has()
    {
        var whole = Order(3);
        Take(3, whole);
        Change();
        Order(3);
        Change();
        var missed = Order(3);
        missed.Follows(whole.Map).ShouldBeFalse();

        _manager.OnMapTaken(Id(3), new ReplicationMessage.MapTaken(Version(1), whole.Map.Sequence, IsMissed: true));

        var again = Order(3);
        again.Since.ShouldBe(whole.Map.Sequence);
        again.Map.Sequence.ShouldBe(missed.Map.Sequence);
        whole.Map.Follow(again).Services.ShouldBe(_registry.Services);
    }

    [Fact]
    public void A_new_RM_orders_what_has_changed_since_the_map_of_its_own_node()
    {
        var whole = Order(3);
        Change();

        _manager.Activate(Version(1), TimeSpan.Zero, whole.Map.Sequence);
        _manager.Reconcile(_view, TimeSpan.Zero);

        var order = Order(3);
        order.Since.ShouldBe(whole.Map.Sequence);
        order.Map.Services.ShouldBe([_registry.Find(Words.Name)!]);
    }

    [Fact]
    public void Who_comes_later_is_ordered_the_whole_map()
    {
        Order(3);
        Change();
        var larger = View(1, 2, 3, 4);
        _manager.Reconcile(larger, TimeSpan.Zero);

        Order(4, larger).Since.ShouldBe(0);
    }

    [Fact]
    public void A_removed_service_is_named_in_the_order()
    {
        var whole = Order(3);
        Take(3, whole);
        _manager.Submit(
            new ReplicationMessage.Request(
                new RequestId(Id(1), 1), 1, Registry.Name, ConfigurationVersion.None, IsRead: false, null,
                CommandCodec.Encode(new OperatorCommand.RemoveService(Words.Name))),
            _view,
            TimeSpan.Zero);

        var order = Order(3);
        order.Removed.ShouldBe([Words.Name]);
        whole.Map.Follow(order).Services.ShouldBe(_registry.Services);
    }

    [Fact]
    public void What_is_not_committed_is_in_no_order()
    {
        Order(3);
        Change(isCommitted: false);

        Due(_view).ShouldBeEmpty();
    }

    [Fact]
    public void Changes_of_long_ago_are_forgotten()
    {
        var registry = new Registry();
        registry.ChangedBetween(0, 1).ShouldBeNull("when the state was loaded, nothing is known");
        for (var sequence = 1; sequence <= 140_000; sequence++)
            registry.Change(PlannedService.Change([_registry.Services[0]]), sequence);

        registry.ChangedBetween(139_990, 140_000).ShouldBe([Numbers.Name]);
        registry.ChangedBetween(10, 140_000).ShouldBeNull();
    }

    [Fact]
    public void A_long_order_comes_in_parts_that_are_messages_and_is_whole_again_in_any_order()
    {
        var order = Long(sequence: 5, services: 2_000);
        var parts = OrderParts.Split(order);
        parts.Length.ShouldBeGreaterThan(2);
        parts.ShouldAllBe(part => IsRead(part));

        var joined = new OrderParts();
        for (var i = parts.Length - 1; i > 0; i--) joined.Join(Id(1), parts[i]).ShouldBeNull();
        joined.Join(Id(1), parts[1]).ShouldBeNull("it came before");
        var whole = joined.Join(Id(1), parts[0])!;
        whole.Map.Services.ShouldBe(order.Map.Services);
        whole.Removed.ShouldBe(order.Removed);
        whole.Map.Nodes.ShouldBe(order.Map.Nodes);
    }

    [Fact]
    public void Parts_of_two_orders_are_not_put_together()
    {
        var (older, newer) = (OrderParts.Split(Long(5, 1_000)), OrderParts.Split(Long(6, 1_000)));
        var joined = new OrderParts();

        for (var i = 0; i < older.Length - 1; i++) joined.Join(Id(1), older[i]).ShouldBeNull();
        joined.Join(Id(1), newer[^1]).ShouldBeNull();
        for (var i = 0; i < newer.Length - 2; i++) joined.Join(Id(1), newer[i]).ShouldBeNull();
        joined.Join(Id(1), newer[^2])!.Map.Sequence.ShouldBe(6);
    }

    private static ReplicationMessage.MapPushed Long(long sequence, int services) => new(new ServiceMap(
        Version(1),
        sequence,
        [
            .. Enumerable.Range(0, services).Select(n => new ServiceName($"service-{n:00000}")).Select(name =>
                new ServiceEntry(
                    Numbers with { Name = name },
                    new Configuration(name, Version(2), new Lineage(1), Id(1), Providers(1, 2, 3), new Epoch(1)))),
        ])
    {
        Nodes = [new NodeEntry(Id(1).Node, IsDrained: true)],
    })
    {
        Since = 3,
        Removed = [Words.Name],
    };

    private static bool IsRead(ReplicationMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplicationCodec.Encode(message, output);
        return ReplicationCodec.TryDecode(output.WrittenSpan, out _, out _);
    }

    private void Change(bool isCommitted = true)
    {
        _manager.OnCodeFailed(
            Id(2), new ReplicationMessage.CodeFailed(Words.Name, ++_failures, "it threw"), _view, TimeSpan.Zero);
        if (!isCommitted) return;
        Acknowledge();
        _manager.TakeCommitted();
    }

    private ReplicationMessage.MapPushed Order(int node, View? view = null)
    {
        Acknowledge();
        _manager.TakeCommitted();
        return Due(view ?? _view).Single(due => due.To == Id(node)).Order.Single();
    }

    private List<(MemberId To, ImmutableArray<ReplicationMessage.MapPushed> Order)> Due(View view) =>
        _manager.DuePushes(view, Id(1), TimeSpan.Zero);

    private void Take(int node, ReplicationMessage.MapPushed order) => _manager.OnMapTaken(
        Id(node), new ReplicationMessage.MapTaken(order.Map.Generation, order.Map.Sequence));

    private void Acknowledge()
    {
        _replica.OnAppended(
            Id(2),
            new ReplicationMessage.Appended(Registry.Name, Version(1), IsMatched: true, _replica.LastSequence, 0));
        _replica.EndBatch();
    }
}
