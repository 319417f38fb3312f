using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Testing.Machines;

namespace Understudy.Testing;

/// <summary>
/// A whole cluster for tests of your own services: real nodes and your real code, on simulated machines, in one thread
/// and in a time of its own, which passes when nothing else is to be done. Kill, pause and cut off nodes, and await
/// what comes of it; a failover takes a millisecond of the test's time.
/// </summary>
/// <remarks>
/// <para>
/// Everything that is left to chance comes from one seed, so a test does the same each time; a failure names the seed.
/// Give services the <see cref="TimeProvider"/> of their constructor for all that has to do with time. Code that waits
/// for something outside of the cluster (files, sockets, <c>Task.Run</c>, <c>ConfigureAwait(false)</c>) works, but
/// time goes on meanwhile, and such a test may differ from run to run: see <see cref="OutsideAsync{T}"/>.
/// </para>
/// <para>
/// The test and the code of all nodes share one thread: wait with <c>await</c>, never by <c>.Result</c>.
/// </para>
/// <example>
/// An order survives the loss of the node that took it:
/// <code>
/// [Fact]
/// public void An_order_survives_the_loss_of_its_primary() => UnderstudyTestCluster.Run(
///     understudy =&gt; understudy.AddService&lt;Shop&gt;("shop"),
///     async cluster =&gt;
///     {
///         var shop = await cluster.PrimaryAsync&lt;Shop&gt;("shop");
///         var number = await shop.PlaceAsync(new Order("Ada", 12m));
///         cluster.PrimaryOf("shop").Kill();
///         shop = await cluster.PrimaryAsync&lt;Shop&gt;("shop");
///         Assert.Equal("Ada", (await shop.FindAsync(number))!.Customer);
///     });
/// </code>
/// </example>
/// </remarks>
public sealed partial class UnderstudyTestCluster
{
    /// <summary>The most voters; further nodes host services only.</summary>
    private const int MostVoters = ClusterConfiguration.MaxVoters;

    private readonly VirtualTime _time = new();
    private readonly CodeScheduler _test;
    private readonly List<Machine> _machines = [];
    private readonly Wires _wires;
    private readonly History _history;
    private readonly UnderstudyTestOptions _options;
    private readonly ClusterConfiguration _configuration;
    private Exception? _broken;

    private UnderstudyTestCluster(UnderstudyTestOptions options, ulong seed, Action<UnderstudyBuilder> services)
    {
        (_options, Seed) = (options, seed);
        var builder = new UnderstudyBuilder(ToOptions(options));
        services(builder);
        _configuration = builder.Configure();
        _test = new CodeScheduler(_time);
        Time = new ProcessTime(_time, _test);
        _time.Limit = options.TimeLimit;
        _history = new History(_time, Time);
        var random = new SeededRandom(seed * 0x9E3779B97F4A7C15);
        _wires = new Wires(_time, random.Fork(), _machines, options.Nodes);
        var parts = ToParts(builder);
        foreach (var option in parts.Options.Nodes)
            _machines.Add(new Machine(parts, option, _machines.Count, random.Fork()));
        Nodes = [.. _machines.Select(machine => new UnderstudyTestNode(machine))];
    }

    /// <summary>The seed that everything is drawn from.</summary>
    public ulong Seed { get; }

    /// <summary>The cluster's time, for the test itself: <c>Task.Delay(span, cluster.Time)</c>.</summary>
    public TimeProvider Time { get; }

    /// <summary>How long the cluster has existed, in its own time.</summary>
    public TimeSpan Now => _time.Now;

    /// <summary>All nodes, running or not, in order.</summary>
    public IReadOnlyList<UnderstudyTestNode> Nodes { get; }

    /// <summary>The last things that happened, one line each, the oldest first; a failure ends with them.</summary>
    public IReadOnlyList<string> WhatHappened => _history.Last();

    /// <summary>A node by its id: n1, n2 and so on.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public UnderstudyTestNode this[string node] => Nodes.FirstOrDefault(each => each.Node == node)
        ?? throw new ArgumentException(
            $"There is no node \"{node}\": there are {string.Join(", ", Nodes.Select(each => each.Node))}.",
            nameof(node));

    /// <summary>Runs a test in a cluster of three nodes that has the wanted shape.</summary>
    /// <param name="services">Adds the services, as <c>Program.cs</c> does after <c>AddUnderstudy</c>.</param>
    /// <param name="test">The test.</param>
    /// <exception cref="UnderstudyTestException">The test has failed: what it threw is inside.</exception>
    public static void Run(Action<UnderstudyBuilder> services, Func<UnderstudyTestCluster, Task> test) =>
        Run(new UnderstudyTestOptions(), services, test);

    /// <summary>Runs a test in a cluster that has the wanted shape, once for every seed.</summary>
    /// <param name="options">How many nodes, which seeds.</param>
    /// <param name="services">Adds the services, as <c>Program.cs</c> does after <c>AddUnderstudy</c>.</param>
    /// <param name="test">The test.</param>
    /// <exception cref="UnderstudyTestException">The test has failed: what it threw is inside.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The services cannot be used; the message says why.</exception>
    public static void Run(
        UnderstudyTestOptions options, Action<UnderstudyBuilder> services, Func<UnderstudyTestCluster, Task> test)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(test);
        options.Check();
        foreach (var seed in options.SeedsToRun()) new UnderstudyTestCluster(options, seed, services).Run(test);
    }

    private void Run(Func<UnderstudyTestCluster, Task> test)
    {
        // A thread of its own: no context of the test framework gets between what happens here.
        UnderstudyTestException? failure = null;
        var thread = new Thread(() => failure = Play(test)) { Name = "test cluster", IsBackground = true };
        thread.Start();
        var limit = Debugger.IsAttached ? Timeout.InfiniteTimeSpan : _options.RealTimeLimit;
        if (!thread.Join(limit))
        {
            throw new UnderstudyTestException(
                $"The test has not ended within {_options.RealTimeLimit.TotalSeconds:0} s. Does its code, or a "
                + "service's, wait by .Result, .Wait() or a lock? All share one thread: use await.\n\n" + HowToRepeat())
            {
                Seed = Seed,
            };
        }

        if (failure is not null) throw failure;
    }

    private UnderstudyTestException? Play(Func<UnderstudyTestCluster, Task> test)
    {
        try
        {
            Start();
            var run = _test.Start(async () =>
            {
                await UntilInShapeAsync();
                await test(this);
            });
            _time.RunUntil(() => run.IsCompleted || _broken is not null);
            if (_broken is { } broken) return Fail(broken);
            run.GetAwaiter().GetResult();
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, it is the test's failure, and told as that.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fail(e);
        }
        finally
        {
            foreach (var machine in _machines) machine.End();
        }
    }

    private MachineParts ToParts(UnderstudyBuilder builder) => new()
    {
        Time = _time,
        Wires = _wires,
        Configuration = _configuration,
        Options = (_configuration with { Quarantine = false }).ToNodeOptions(
            _configuration.Services.Select(service => service.Kind)),
        Services = builder,
        Configure = (node, services) =>
        {
            _options.ConfigureServices?.Invoke(node.Value, services);
            services.AddSingleton<IUnderstudyNode>(this[node.Value]);
            services.AddSingleton<IUnderstudyAdmin>(this[node.Value]);
        },
        OnEvent = (machine, happened) => _history.Add(machine.Id, happened),
        Note = (node, text) => _history.Add(node, text),
        Fail = broken => _broken ??= broken,
    };

    private static UnderstudyOptions ToOptions(UnderstudyTestOptions options)
    {
        var nodes = new UnderstudyOptions { Node = "n1", DataDirectory = "memory", Profile = options.Profile };
        for (var number = 1; number <= options.Nodes; number++)
        {
            // Nothing listens there: the addresses only have to differ.
            nodes.Nodes.Add(new NodeConfiguration(
                new NodeId($"n{number}"),
                new IPEndPoint(IPAddress.Loopback, number),
                new IPEndPoint(IPAddress.Loopback, 100 + number),
                number <= MostVoters ? NodeKind.Voter : NodeKind.NonVoter));
        }

        return nodes;
    }

    private UnderstudyTestException Fail(Exception failure) => new(Describe(failure), failure) { Seed = Seed };

    private string HowToRepeat() =>
        $"Seed {Seed}, {Nodes.Count} nodes, profile {_options.Profile.Name}. The same seed does the same again: set "
        + $"UnderstudyTestOptions.Seed to {Seed}, or the environment variable {UnderstudyTestOptions.SeedVariable}.";

    private string Describe(Exception failure) => string.Join('\n', [
        failure is TimeoutException or InvariantViolationException
            ? failure.Message
            : $"{failure.GetType().Name}: {failure.Message}",
        "",
        HowToRepeat(),
        "",
        $"The cluster after {Now.TotalSeconds:0.000} s of its time:",
        .. Nodes.Select(node => $"  {node}"),
        "",
        "What happened last:",
        .. _history.Last().Select(line => $"  {line}"),
    ]);
}
