using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Testing.Machines;

namespace Understudy.Testing;

/// <content>Letting time pass, and awaiting what comes of it.</content>
public sealed partial class UnderstudyTestCluster
{
    /// <summary>How long a condition is awaited, in the cluster's time: 1 minute.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The node on which a service's primary serves now.</summary>
    /// <exception cref="InvalidOperationException">There is none now; says how the nodes stand.</exception>
    public UnderstudyTestNode PrimaryOf(string service) => FindPrimary(service)
        ?? throw new InvalidOperationException($"{service} has no primary that serves now.{Standing()}");

    /// <summary>The node on which a service's primary serves now, or null.</summary>
    /// <exception cref="ArgumentException">There is no such service.</exception>
    public UnderstudyTestNode? FindPrimary(string service)
    {
        if (_configuration.Services.All(each => each.Name.Value != service))
        {
            throw new ArgumentException(
                $"There is no service \"{service}\": there are {string.Join(", ", _configuration.Services.Select(
                    each => each.Name))}.",
                nameof(service));
        }

        return Nodes.FirstOrDefault(node => node.IsPrimary(service));
    }

    /// <summary>Awaits that a service's primary serves, and gives its code.</summary>
    /// <returns>The instance. After a failover it is another one: ask again.</returns>
    /// <exception cref="TimeoutException">There is none within <see cref="Patience"/>.</exception>
    /// <exception cref="InvalidCastException">The service's code is of another type.</exception>
    public async Task<TService> PrimaryAsync<TService>(string service)
        where TService : class, IReplicatedService
    {
        await UntilAsync(_ => FindPrimary(service) is not null, $"{service} has a primary");
        return PrimaryOf(service).Instance<TService>(service);
    }

    /// <summary>Awaits that a service's primary serves on a node.</summary>
    /// <exception cref="TimeoutException">It does not within <see cref="Patience"/>.</exception>
    public Task UntilPrimaryIsOnAsync(string service, string node) =>
        UntilAsync(_ => this[node].IsPrimary(service), $"the primary of {service} is on {node}");

    /// <summary>
    /// Awaits that a service's primary serves on another node than now, or, if there is none now, than the last time.
    /// </summary>
    /// <returns>The new node.</returns>
    /// <exception cref="TimeoutException">It does not within <see cref="Patience"/>.</exception>
    public async Task<UnderstudyTestNode> FailoverAsync(string service)
    {
        var before = FindPrimary(service)?.Node ?? _history.LastPrimary(service);
        await UntilAsync(
            _ => FindPrimary(service) is { } now && now.Node != before,
            $"the primary of {service} is on another node than {before ?? "none"}");
        return PrimaryOf(service);
    }

    /// <summary>
    /// Awaits that the cluster is as wanted, as far as the nodes that run allow: all are members, every service has a
    /// primary that serves and as many secondaries as it wants and there are nodes for.
    /// </summary>
    /// <exception cref="TimeoutException">It is not within <see cref="Patience"/>.</exception>
    public Task UntilInShapeAsync() => UntilAsync(_ => IsInShape(), "the cluster is in shape");

    /// <summary>Awaits that something is so; looks every tick of the profile (25 ms with <c>lan</c>).</summary>
    /// <param name="isSo">What is awaited.</param>
    /// <param name="what">In words, for the failure: "the stock is empty".</param>
    /// <param name="within">How long, in the cluster's time; by default <see cref="Patience"/>.</param>
    /// <exception cref="TimeoutException">It is not so in time; says how the nodes stand.</exception>
    /// <example>
    /// <code>
    /// await cluster.UntilAsync(_ =&gt; shop.Waiting == 0, "everything is shipped", TimeSpan.FromSeconds(5));
    /// </code>
    /// </example>
    public async Task UntilAsync(Func<UnderstudyTestCluster, bool> isSo, string what, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(isSo);
        var limit = Now + (within ?? Patience);
        while (!isSo(this))
        {
            if (Now >= limit)
                throw new TimeoutException($"Not so within {(within ?? Patience).TotalSeconds:0.###} s: {what}.");
            await Task.Delay(_options.Profile.Tick, Time);
        }
    }

    /// <summary>Lets time pass: timers fall due, leases are renewed, services' code runs.</summary>
    /// <param name="time">How long; hours take seconds of the real time.</param>
    public Task AdvanceAsync(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        _time.Limit += time;
        return Task.Delay(time, Time);
    }

    /// <summary>
    /// Runs something that waits for the world outside the cluster (a file, a socket, another thread), on the thread
    /// pool. The cluster's time stands still meanwhile.
    /// </summary>
    public async Task<T> OutsideAsync<T>(Func<Task<T>> work)
    {
        _time.StandStill();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _time.GoOn();
        }
    }

    private bool IsInShape()
    {
        var running = _machines.Where(machine => machine.IsRunning && !machine.IsPaused).ToList();
        if (running.Find(machine => machine.Core is { IsManager: true }) is not { } manager) return false;
        if (manager.Status() is not { View: { } view } status) return false;
        if (running.Any(m => m.Core is not { IsMember: true } || !view.Contains(m.Member))) return false;
        return status.Map.Services.Length >= _configuration.Services.Length
            && status.Map.Services.All(entry => IsInShape(entry, running));
    }

    private static bool IsInShape(ServiceEntry entry, List<Machine> running)
    {
        var name = entry.Definition.Name;
        var hosts = running.Count(m => m.Kind != NodeKind.Witness && entry.Allows(m.Id));
        var wanted = Math.Min(entry.Definition.Secondaries + 1, hosts);
        var inSync = entry.Configuration.InSync.Count(p => running.Any(m => m.Member == p.Member));
        if (inSync < wanted || inSync != entry.Configuration.InSync.Length) return false;
        // A worker may have returned already.
        return entry.Definition.IsExclusive ? !entry.IsVacant : running.Any(m => m.IsPrimary(name));
    }

    private string Standing() => string.Concat(Nodes.Select(node => $"\n  {node}"));
}
