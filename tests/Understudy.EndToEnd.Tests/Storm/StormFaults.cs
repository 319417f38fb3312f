using Understudy.Contracts;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// Makes faults of all kinds, in an order that the seed draws, and after each what makes the cluster whole again.
/// </summary>
internal sealed class StormFaults
{
    private const string Service = "kv";

    private readonly RealCluster _cluster;
    private readonly Random _random;
    private readonly (string Kind, Func<StormFault, Task> Make)[] _kinds;
    private readonly Queue<(string Kind, Func<StormFault, Task> Make)> _deck = [];

    public StormFaults(RealCluster cluster, int seed)
    {
        (_cluster, _random) = (cluster, new Random(seed));
        _kinds =
        [
            ("kill primary", fault => KillAsync(fault, Role.Primary)),
            ("kill secondary", fault => KillAsync(fault, Role.Secondary)),
            ("kill gateway", fault => KillAsync(fault, Role.Gateway)),
            ("kill manager", fault => KillAsync(fault, Role.Manager)),
            ("kill two", KillTwoAsync),
            ("kill and start at once", KillAndStartAsync),
            ("hang primary", fault => HangAsync(fault, Role.Primary)),
            ("hang secondary", fault => HangAsync(fault, Role.Secondary)),
            ("hang gateway", fault => HangAsync(fault, Role.Gateway)),
            ("pause primary", fault => PauseAsync(fault, Role.Primary)),
            ("pause secondary", fault => PauseAsync(fault, Role.Secondary)),
            ("stop primary", fault => StopAsync(fault, Role.Primary)),
            ("stop other", fault => StopAsync(fault, Draw(Role.Secondary, Role.Gateway, Role.Manager))),
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

    /// <summary>Makes the next fault. Each kind comes once before any comes again.</summary>
    public async Task MakeAsync(StormFault fault, Func<StormFault, Task> make)
    {
        await make(fault);
        await WholeAsync();
    }

    /// <summary>Draws the next kind.</summary>
    public (string Kind, Func<StormFault, Task> Make) Next()
    {
        if (_deck.Count == 0)
        {
            _random.Shuffle(_kinds);
            foreach (var kind in _kinds) _deck.Enqueue(kind);
        }

        return _deck.Dequeue();
    }

    /// <summary>Waits until every node is a member, and everything is where it is wanted and as wanted.</summary>
    public Task WholeAsync() => _cluster.UntilAsync("the whole cluster", statuses =>
        statuses.Length == _cluster.Nodes.Count
        && statuses.All(status => status.View?.Members.Count == statuses.Length
            && status.Node.State == NodeStates.Member
            && status.View.Epoch == statuses[0].View!.Epoch
            && status.Nodes.All(node => !node.Drained)
            && status.ReplicaManager is { Primary: not null, InSync.Count: 3, Operation: null } manager
            && manager.Primary == statuses[0].ReplicaManager!.Primary
            && Kv(status) is { Primary: not null, Frozen: false, Operation: null, Joining.Count: 0 } kv
            && kv.Version == Kv(statuses[0]).Version
            && kv.Secondaries.Count == kv.WantedSecondaries
            && kv.Spares.Count == kv.WantedSpares));

    private async Task KillAsync(StormFault fault, Role role)
    {
        var node = await FindAsync(role);
        fault.Where = node.Id;
        await EndAsync(node, RealNode.Kill);
        await WithoutAsync(node);
        node.Start();
    }

    /// <summary>At most one of them votes: a quorum is left, and one of three in-sync copies.</summary>
    private async Task KillTwoAsync(StormFault fault)
    {
        var status = await StatusAsync();
        var nodes = _cluster.Nodes.Values.ToArray();
        RealNode[] both;
        do
        {
            both = _random.GetItems(nodes, 2);
        }
        while (both[0] == both[1] || both.All(node => status.View!.Voters.Contains(node.Id)));

        fault.Where = $"{both[0].Id} and {both[1].Id}";
        await Task.WhenAll(both.Select(node => EndAsync(node, RealNode.Kill)));
        await WithoutAsync(both);
        foreach (var node in both) node.Start();
    }

    /// <summary>The view may not have noticed yet.</summary>
    private async Task KillAndStartAsync(StormFault fault)
    {
        var node = await FindAsync(Draw(Role.Primary, Role.Secondary, Role.Gateway));
        fault.Where = node.Id;
        await EndAsync(node, RealNode.Kill);
        node.Start();
    }

    /// <summary>For longer than its lease: the others go on without it.</summary>
    private async Task HangAsync(StormFault fault, Role role)
    {
        var node = await FindAsync(role);
        fault.Where = node.Id;
        node.Signal(RealNode.Stop);
        try
        {
            await WithoutAsync(node);
        }
        finally
        {
            node.Signal(RealNode.Continue);
        }
    }

    /// <summary>For less than its lease: most often nobody does anything about it.</summary>
    private async Task PauseAsync(StormFault fault, Role role)
    {
        var node = await FindAsync(role);
        var pause = TimeSpan.FromMilliseconds(_random.Next(50, 400));
        fault.Where = $"{node.Id} for {pause.TotalMilliseconds} ms";
        node.Signal(RealNode.Stop);
        await Task.Delay(pause);
        node.Signal(RealNode.Continue);
    }

    private async Task StopAsync(StormFault fault, Role role)
    {
        var node = await FindAsync(role);
        fault.Where = $"{node.Id} ({role})";
        (await EndAsync(node, RealNode.Terminate)).ShouldBe(0, $"the exit code of {node.Id}");
        node.Start();
    }

    private async Task SwitchOverAsync(StormFault fault)
    {
        var kv = Kv(await StatusAsync());
        var target = Draw([.. kv.Secondaries, .. kv.Spares]);
        fault.Where = $"{kv.Primary} to {target}";
        await OperatorLine.DoAsync(Any(), "switchover", Service, "--to", target);
    }

    private async Task SwitchManagerOverAsync(StormFault fault)
    {
        var manager = (await StatusAsync()).ReplicaManager!;
        var target = Draw([.. manager.InSync.Where(id => id != manager.Primary)]);
        fault.Where = $"{manager.Primary} to {target}";
        await OperatorLine.DoAsync(Any(), "switchover", "rm", "--to", target);
    }

    private async Task DrainAsync(StormFault fault)
    {
        var node = await FindAsync(Draw(Role.Primary, Role.Secondary, Role.Manager));
        fault.Where = node.Id;
        await OperatorLine.DoAsync(Any(), "node", "drain", node.Id);
        await OperatorLine.DoAsync(Any(), "node", "undrain", node.Id);
    }

    private static async Task<int> EndAsync(RealNode node, int signal)
    {
        node.Signal(signal);
        return await node.ExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until the others go on without these.</summary>
    private Task WithoutAsync(params RealNode[] nodes)
    {
        var ids = nodes.Select(node => node.Id).ToArray();
        return _cluster.UntilAsync(
            $"a primary, and no {string.Join(' ', ids)}",
            statuses => statuses.All(status => Kv(status).Primary is { } primary
                && !ids.Contains(primary)
                && !status.View!.Members.Any(member => ids.Contains(member.Id))),
            ids);
    }

    private async Task<RealNode> FindAsync(Role role)
    {
        var status = await StatusAsync();
        var kv = Kv(status);
        string[] holders = [kv.Primary!, .. kv.Secondaries];
        return _cluster[role switch
        {
            Role.Primary => kv.Primary!,
            Role.Secondary => Draw([.. kv.Secondaries]),
            Role.Gateway => Draw([.. _cluster.Nodes.Keys.Except(holders)]),
            _ => status.ReplicaManager!.Primary!,
        }];
    }

    /// <summary>What any node says now that all agree.</summary>
    private async Task<StatusDocument> StatusAsync()
    {
        StatusDocument? status = null;
        await _cluster.UntilAsync("a status", statuses => (status = statuses[0]) is not null);
        return status!;
    }

    private RealNode Any() => Draw([.. _cluster.Nodes.Values]);

    private T Draw<T>(params T[] all) => all[_random.Next(all.Length)];

    private static ServiceStatus Kv(StatusDocument status) =>
        status.Services.Single(service => service.Name == Service);
}
