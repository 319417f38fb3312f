using System.Collections.Immutable;
using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>
/// 10,000 services on 50 nodes. The time of the decision is printed, never judged:
/// <c>Understudy.Replication.Tests -class '*DecisionCostTests' -showLiveOutput</c>.
/// </summary>
public sealed class DecisionCostTests(ITestOutputHelper output)
{
    private const int Services = 10_000;
    private const int Nodes = 50;

    [Fact]
    public void The_loss_of_a_node_is_one_decision_one_checkpoint_and_one_order_for_each_node()
    {
        var (registry, view) = (new Registry(), Cast.View([.. Enumerable.Range(1, Nodes)]));
        var replica = new Replica(
            Registry.Name, Cast.Id(1), isDurable: false, new OnceOnlyState(registry), null, Profile.Lan, Mutation.None);
        ImmutableArray<ServiceDefinition> definitions = [.. Enumerable.Range(0, Services).Select(number =>
            new ServiceDefinition(new ServiceName($"service-{number:00000}"), "kv", 2, 0, Durable: true))];
        var manager = new ReplicaManager(definitions, registry, replica, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, []);
        replica.Lead(Cast.Version(1), [Cast.Provider(1)]);
        manager.Activate(Cast.Version(1), TimeSpan.Zero);
        manager.Reconcile(view, TimeSpan.Zero);
        BringUpAll(registry, view);
        Decide(manager, replica, View(view, without: 50), TimeSpan.FromSeconds(1)); // The code is warm after this.
        var before = replica.LastSequence;

        var lost = Cast.Node(49);
        var smaller = View(View(view, without: 50), without: 49);
        var affected = registry.Services.Count(e => e.IsInSyncOn(lost));
        var cpu = Decide(manager, replica, smaller, TimeSpan.FromSeconds(2));

        output.WriteLine(
            $"{Services} services, {affected} with a provider on the lost node: the decision took "
            + $"{cpu.TotalMilliseconds:0.0} ms of CPU");
        affected.ShouldBeInRange(300, 900);
        replica.LastSequence.ShouldBe(before + 1);
        registry.Services.ShouldAllBe(e => e.Configuration.Primary != null && !e.IsInSyncOn(lost));
        Confirm(replica);
        manager.TakeCommitted().ShouldNotBeNull().Services.Length.ShouldBe(Services);
        manager.DuePushes(smaller, Cast.Id(1), TimeSpan.FromSeconds(2)).Count.ShouldBe(smaller.Members.Length - 1);
    }

    private static TimeSpan Decide(ReplicaManager manager, Replica replica, View view, TimeSpan now)
    {
        replica.Begin(now, []);
        GC.Collect();
        var before = Environment.CpuUsage.TotalTime;
        manager.Reconcile(view, now);
        return Environment.CpuUsage.TotalTime - before;
    }

    /// <summary>A lone copy of the registry commits by a quorum of voters.</summary>
    private static void Confirm(Replica replica)
    {
        for (var i = 0; i < 4; i++)
        {
            List<ReplicaEffect> effects = [];
            replica.Begin(TimeSpan.FromSeconds(3 + i), effects);
            replica.Tick();
            foreach (var ask in effects.OfType<ReplicaEffect.AskQuorum>().ToList()) replica.OnQuorum(ask.Token);
        }
    }

    private static void BringUpAll(Registry registry, View view)
    {
        var entries = registry.Services.Select(entry => entry with
        {
            Configuration = entry.Configuration with
            {
                Version = entry.Configuration.Version.Next,
                InSync =
                [
                    .. entry.Placement.Select(node => view.MemberOn(node)!).Select(m => new Provider(m.Id, m.Disk))
                        .OrderBy(p => p.Member),
                ],
            },
        }).ToList();
        registry.Change(new RegistryChange(entries, [], [], null, [], TimeSpan.Zero), 0);
    }

    private static View View(View view, int without) => view with
    {
        Epoch = view.Epoch.Next,
        Members = view.Members.RemoveAll(m => m.Id.Node == Cast.Node(without)),
    };
}
