using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator;

/// <summary>
/// What a seed draws before it runs: the cluster, how bad its network, disks and clocks are, and how often each kind
/// of fault strikes. Rates are log-uniform and some kinds are off, so that seeds differ in kind ("swarm").
/// </summary>
internal sealed record Scenario
{
    public required NodeOptions Cluster { get; init; }

    public required NetworkScenario Network { get; init; }

    public required DiskScenario Disk { get; init; }

    public required ClientScenario Clients { get; init; }

    public required ServiceScenario Services { get; init; }

    /// <summary>Mean time between two faults of a kind, in ticks; absent if the kind is off.</summary>
    public required ImmutableSortedDictionary<FaultKind, long> FaultEvery { get; init; }

    /// <summary>The greatest error of a node's clock, as a fraction.</summary>
    public required double ClockError { get; init; }

    /// <summary>True if faults may take down more voters than the cluster can spare.</summary>
    public required bool IsBrutal { get; init; }

    /// <summary>The chance that a fault strikes a node that is some service's primary, if there is one.</summary>
    public required double Aim { get; init; }

    /// <summary>The chance that a fault is followed by another at once.</summary>
    public required double Aftershock { get; init; }

    /// <summary>How long a fault lasts in the mean, as a factor.</summary>
    public required double FaultLength { get; init; }

    /// <summary>When faults begin, in ticks.</summary>
    public required long FirstFault { get; init; }

    /// <summary>True if every message goes through the real codec.</summary>
    public required bool UsesCodec { get; init; }

    /// <summary>The chance that an aimed kind of fault strikes at one of its moments; absent if it is off.</summary>
    public required ImmutableSortedDictionary<FaultKind, double> AimedFaults { get; init; }

    /// <summary>Mean time between two commands of an operator, in ticks; 0 if there is none.</summary>
    public required long CommandEvery { get; init; }

    /// <summary>How the workers behave, if there is one.</summary>
    public WorkerScenario Workers { get; init; } = new(0, 0, 0, 0);

    /// <summary>How many clients are those of the client library, and what they hear.</summary>
    public FollowerScenario Followers { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>The services that clients use.</summary>
    public ImmutableArray<ServiceDefinition> Stateful => Cluster.Services.RemoveAll(s => s.IsExclusive);

    /// <summary>Whether a service answers before it commits.</summary>
    public bool IsPeriodic(ServiceName service) => Cluster.Services.Any(s => s.Name == service && s.IsPeriodic);

    /// <summary>How long a service remembers clients' keys.</summary>
    public TimeSpan KeepKeysFor(ServiceName service) => Cluster.Services.First(s => s.Name == service).KeepKeysFor;

    /// <summary>Whether a service is a worker.</summary>
    public bool IsExclusive(ServiceName service) => Cluster.Services.Any(s => s.Name == service && s.IsExclusive);

    /// <summary>A node that has no code for any service, or null.</summary>
    public NodeId? WithoutCode { get; init; }

    /// <summary>How many nodes may host services.</summary>
    public int Hosts => Cluster.Nodes.Count(n => n.Kind != NodeKind.Witness && n.Id != WithoutCode);

    /// <summary>What a node is configured to be.</summary>
    public NodeOptions OptionsOf(NodeId node) => node == WithoutCode ? Cluster with { Kinds = ["none"] } : Cluster;
}

/// <summary>How a seed's network behaves, apart from the faults that strike it.</summary>
/// <param name="MeanDelay">In ticks, over the least delay.</param>
/// <param name="Loss">The chance that a message on a live channel is lost.</param>
/// <param name="Duplicate">The chance that it arrives twice.</param>
/// <param name="Reorder">The chance that it may overtake.</param>
/// <param name="Spike">The chance that it is much delayed.</param>
/// <param name="MeanSpike">How much, in ticks.</param>
/// <param name="CutsLose">True if what is sent over a cut is lost, false if it arrives when the cut is healed.</param>
/// <param name="CutNoticedAfter">The mean time until a channel over a cut is given up, in ticks.</param>
internal sealed record NetworkScenario(
    long MeanDelay,
    double Loss,
    double Duplicate,
    double Reorder,
    double Spike,
    long MeanSpike,
    bool CutsLose,
    long CutNoticedAfter);

/// <summary>How a seed's disks behave: the mean time of a flush, in ticks, and the chance of a slow one.</summary>
internal sealed record DiskScenario(long MeanFlush, double SlowFlush);

/// <summary>How a seed's services behave.</summary>
/// <param name="MeanCall">How long their code takes, and waits for its turn, in ticks.</param>
/// <param name="MeanReport">How late it reports, in ticks.</param>
/// <param name="Stall">The chance that it hangs for a while.</param>
/// <param name="Throw">The chance that a call throws.</param>
internal sealed record ServiceScenario(long MeanCall, long MeanReport, double Stall, double Throw);

/// <summary>How a seed's workers behave.</summary>
/// <param name="MeanBegin">How late they begin, in ticks.</param>
/// <param name="MeanStop">How long they take to end when they are told to stop, in ticks.</param>
/// <param name="Stubborn">The chance that one never does.</param>
/// <param name="Fail">The chance that one fails.</param>
internal sealed record WorkerScenario(long MeanBegin, long MeanStop, double Stubborn, double Fail);

/// <summary>What a seed's clients do.</summary>
/// <param name="Count">How many clients there are.</param>
/// <param name="Think">The mean time between two requests of one client, in ticks.</param>
/// <param name="Keys">How many keys each service's clients share.</param>
/// <param name="Reads">The fraction of requests that read.</param>
/// <param name="Hedge">The chance that a request is sent to two nodes at once.</param>
/// <param name="WithoutKey">The chance that a write carries no idempotency key, and so is sent once.</param>
internal sealed record ClientScenario(
    int Count, long Think, int Keys, double Reads, double Hedge, double WithoutKey);

/// <summary>How a seed's clients follow their services' primaries.</summary>
/// <param name="Follow">The chance that a client is one of the client library.</param>
/// <param name="Direct">The chance that such a one wants the primary itself, and nobody who forwards.</param>
/// <param name="SendVersions">The chance that another one sends along the latest version that it knows.</param>
/// <param name="MeanDelay">How late an event of a stream is, in ticks.</param>
/// <param name="StreamBreaks">The chance that a stream breaks, within 5 s.</param>
internal sealed record FollowerScenario(
    double Follow, double Direct, double SendVersions, long MeanDelay, double StreamBreaks);
