using Understudy.Contracts;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// Makes faults of all kinds, in an order that the seed draws, and after each what makes the cluster whole again.
/// </summary>
internal sealed class StormFaults
{
    private readonly RealCluster _cluster;
    private readonly StormLedger _ledger;
    private readonly Random _random;
    private readonly (string Kind, Func<StormFault, Task> Make)[] _kinds;
    private readonly Queue<(string Kind, Func<StormFault, Task> Make)> _deck = [];
    private int _made;

    public StormFaults(RealCluster cluster, StormLedger ledger, int seed)
    {
        (_cluster, _ledger, _random) = (cluster, ledger, new Random(seed));
        _kinds =
        [
            ("kill primary", async fault => await KillAsync(fault, await FindAsync(Role.Primary))),
            ("kill secondary", async fault => await KillAsync(fault, await FindAsync(Role.Secondary))),
            ("kill gateway", async fault => await KillAsync(fault, await FindAsync(Role.Gateway))),
            ("kill manager", async fault => await KillAsync(fault, await FindAsync(Role.Manager))),
            ("kill two", async fault => await KillAsync(fault, await TwoAsync())),
            ("kill and start at once", KillAndStartAsync),
            ("kill in a switchover", KillInSwitchoverAsync),
            ("kill one, hang one", KillAndHangAsync),
            ("hang primary", async fault => await HangAsync(fault, await FindAsync(Role.Primary))),
            ("hang secondary", async fault => await HangAsync(fault, await FindAsync(Role.Secondary))),
            ("hang gateway", async fault => await HangAsync(fault, await FindAsync(Role.Gateway))),
            ("hang two for long", async fault => await HangAsync(fault, await TwoAsync())),
            ("pause primary", async fault => await PauseAsync(fault, await FindAsync(Role.Primary))),
            ("pause secondary", async fault => await PauseAsync(fault, await FindAsync(Role.Secondary))),
            ("stop primary", async fault => await StopAsync(fault, await FindAsync(Role.Primary))),
            ("stop other", async fault => await StopAsync(
                fault, await FindAsync(Draw(Role.Secondary, Role.Gateway, Role.Manager)))),
            ("switchover", SwitchOverAsync),
            ("manager switchover", SwitchManagerOverAsync),
            ("drain", DrainAsync),
        ];
    }

    private enum Role
    {
        Primary,
        Secondary,

        /// <summary>It has no copy of the service.</summary>
        Gateway,

        /// <summary>The replica manager is primary there.</summary>
        Manager,
    }

    /// <summary>Draws the next fault: each kind once before any comes again.</summary>
    /// <returns>The fault, and what makes it and ends it.</returns>
    public (StormFault Fault, Func<Task> Make) Next()
    {
        if (_deck.Count == 0)
        {
            _random.Shuffle(_kinds);
            foreach (var each in _kinds) _deck.Enqueue(each);
        }

        var (kind, make) = _deck.Dequeue();
        var fault = new StormFault(++_made, kind);
        return (fault, async () =>
        {
            await make(fault);
            await WholeAsync();
        }
        );
    }

    /// <summary>Waits until every node is a member, and everything is where it is wanted and as wanted.</summary>
    public Task WholeAsync() => _cluster.UntilAsync("the whole cluster", statuses =>
        statuses.Length == _cluster.Nodes.Count && statuses.All(status => IsWhole(status, statuses[0])));

    private static bool IsWhole(StatusDocument status, StatusDocument other) =>
        status.Node.State == NodeStates.Member
        && status.View is { } view
        && view.Members.Count == status.Nodes.Count
        && view.Epoch == other.View?.Epoch
        && status.Nodes.All(node => !node.Drained)
        && status.ReplicaManager is { Primary: { } manager, Operation: null } copies
        && copies.InSync.Count == view.Voters.Count
        && manager == other.ReplicaManager?.Primary
        && status.Services.All(service => IsWhole(service)
            && other.Services.Any(same => same.Name == service.Name && same.Version == service.Version));

    private static bool IsWhole(ServiceStatus service) =>
        service is { Primary: not null, Frozen: false, Operation: null, Joining.Count: 0 }
        && service.Secondaries.Count == service.WantedSecondaries
        && service.Spares.Count == service.WantedSpares;

    private async Task KillAsync(StormFault fault, params RealNode[] nodes)
    {
        fault.Begin("", nodes);
        await Task.WhenAll(nodes.Select(KillAsync));
        await WithoutAsync(nodes);
        foreach (var node in nodes) node.Start();
    }

    /// <summary>The view may not have noticed yet.</summary>
    private async Task KillAndStartAsync(StormFault fault)
    {
        var node = await FindAsync(Draw(Role.Primary, Role.Secondary, Role.Gateway));
        fault.Begin("", node);
        await KillAsync(node);
        node.Start();
    }

    /// <summary>One of both nodes is killed at any moment of it: the switchover succeeds or is given up.</summary>
    private async Task KillInSwitchoverAsync(StormFault fault)
    {
        var service = Service(await StatusAsync());
        var target = Draw([.. service.Secondaries, .. service.Spares]);
        var killed = _cluster[Draw(service.Primary!, target)];
        var asked = Draw([.. _cluster.Nodes.Values.Where(node => node != killed)]);
        fault.Begin($"of {service.Name} from {service.Primary} to {target}", killed);
        var switching = OperatorLine.TryAsync(asked, "switchover", service.Name, "--to", target);
        await StormPause.PassAsync(TimeSpan.FromMilliseconds(_random.Next(100)));
        await KillAsync(killed);
        await WithoutAsync(killed);
        await switching;
        killed.Start();
    }

    private async Task KillAndHangAsync(StormFault fault)
    {
        var both = await TwoAsync();
        fault.Begin("", both);
        both[1].Signal(RealNode.Stop);
        await KillAsync(both[0]);
        await WithoutAsync(both);
        both[1].Signal(RealNode.Continue);
        both[0].Start();
    }

    /// <summary>For longer than its lease: the others go on without it.</summary>
    private async Task HangAsync(StormFault fault, RealNode node)
    {
        fault.Begin("", node);
        node.Signal(RealNode.Stop);
        await WithoutAsync(node);
        node.Signal(RealNode.Continue);
    }

    /// <summary>Until every client has noticed and is answered by somebody else.</summary>
    private async Task HangAsync(StormFault fault, RealNode[] nodes)
    {
        fault.Begin("", nodes);
        foreach (var node in nodes) node.Signal(RealNode.Stop);
        await WithoutAsync(nodes);
        await _ledger.GoOnAsync();
        foreach (var node in nodes) node.Signal(RealNode.Continue);
    }

    /// <summary>For less than its lease: most often nobody does anything about it.</summary>
    private async Task PauseAsync(StormFault fault, RealNode node)
    {
        var pause = TimeSpan.FromMilliseconds(_random.Next(50, 400));
        fault.Begin($"for {pause.TotalMilliseconds} ms", node);
        node.Signal(RealNode.Stop);
        await StormPause.PassAsync(pause);
        node.Signal(RealNode.Continue);
    }

    private static async Task StopAsync(StormFault fault, RealNode node)
    {
        fault.Begin("", node);
        node.Signal(RealNode.Terminate);
        var code = await node.ExitAsync(TestContext.Current.CancellationToken);
        code.ShouldBe(0, $"the exit code of {node.Id}");
        node.Start();
    }

    private async Task SwitchOverAsync(StormFault fault)
    {
        var service = Service(await StatusAsync());
        var target = Draw([.. service.Secondaries, .. service.Spares]);
        fault.Begin($"of {service.Name} from {service.Primary} to {target}");
        await OperatorLine.DoAsync(Any(), "switchover", service.Name, "--to", target);
    }

    private async Task SwitchManagerOverAsync(StormFault fault)
    {
        var manager = (await StatusAsync()).ReplicaManager!;
        var target = Draw([.. manager.InSync.Where(id => id != manager.Primary)]);
        fault.Begin($"from {manager.Primary} to {target}");
        await OperatorLine.DoAsync(Any(), "switchover", "rm", "--to", target);
    }

    private async Task DrainAsync(StormFault fault)
    {
        var node = await FindAsync(Draw(Role.Primary, Role.Secondary, Role.Manager));
        fault.Begin(node.Id);
        await OperatorLine.DoAsync(Any(), "node", "drain", node.Id);
        await OperatorLine.DoAsync(Any(), "node", "undrain", node.Id);
    }

    private static async Task KillAsync(RealNode node)
    {
        node.Signal(RealNode.Kill);
        await node.ExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until the others go on without these.</summary>
    private Task WithoutAsync(params RealNode[] nodes)
    {
        var ids = nodes.Select(node => node.Id).ToArray();
        return _cluster.UntilAsync(
            $"primaries, and no {string.Join(' ', ids)}",
            statuses => statuses.All(status =>
                status.Services.All(service => service.Primary is { } primary && !ids.Contains(primary))
                && status.View?.Members.Any(member => ids.Contains(member.Id)) is false),
            ids);
    }

    private async Task<RealNode> FindAsync(Role role)
    {
        var status = await StatusAsync();
        var service = Service(status);
        string[] holders = [service.Primary!, .. service.Secondaries];
        return _cluster[role switch
        {
            Role.Primary => service.Primary!,
            Role.Secondary => Draw([.. service.Secondaries]),
            Role.Gateway => Draw([.. _cluster.Nodes.Keys.Except(holders)]),
            _ => status.ReplicaManager!.Primary!,
        }];
    }

    /// <summary>At most one of them votes: a quorum is left, and one of three in-sync copies.</summary>
    private async Task<RealNode[]> TwoAsync()
    {
        var voters = (await StatusAsync()).View!.Voters;
        while (true)
        {
            RealNode[] both = [Any(), Any()];
            if (both[0] != both[1] && !both.All(node => voters.Contains(node.Id))) return both;
        }
    }

    /// <summary>What any node says now that all agree.</summary>
    private async Task<StatusDocument> StatusAsync()
    {
        StatusDocument? status = null;
        await _cluster.UntilAsync("a status", statuses => (status = statuses[0]) is not null);
        return status!;
    }

    private ServiceStatus Service(StatusDocument status) => Draw([.. status.Services]);

    private RealNode Any() => Draw([.. _cluster.Nodes.Values]);

    private T Draw<T>(params T[] all) => all[_random.Next(all.Length)];
}
