using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy;

/// <summary>One service of the cluster's file, with the shape it wants.</summary>
/// <param name="Name">The service's name, as in <c>/svc/NAME/</c>.</param>
/// <param name="Kind">What the service is: <c>kv</c>, <c>external</c>, or what an application adds.</param>
/// <param name="Secondaries">How many providers receive every checkpoint besides the primary. Default 2.</param>
/// <param name="Spares">How many nodes stand by without state. Default 1.</param>
/// <param name="Durability">What an acknowledged update survives. Default <see cref="Durability.Disk"/>.</param>
public sealed record ServiceConfiguration(
    ServiceName Name,
    string Kind,
    int Secondaries = ServiceConfiguration.DefaultSecondaries,
    int Spares = ServiceConfiguration.DefaultSpares,
    Durability Durability = Durability.Disk)
{
    /// <summary>Whether it is a worker: without state, and running on one node at a time. Default false.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>The kind of the built-in key-value service.</summary>
    public const string KeyValue = "kv";

    /// <summary>The kind of a program that somebody else runs on the nodes.</summary>
    public const string ExternalKind = "external";

    /// <summary>Its TCP port on every node, or null if it has none.</summary>
    public TcpConfiguration? Tcp { get; init; }

    /// <summary>Its program's HTTP side, or null if it has none. Only of an external service.</summary>
    public HttpConfiguration? Http { get; init; }

    /// <summary>
    /// Names that lead to it: a request whose host is one of them goes to the service, with its whole path. Without
    /// ports; case does not count. Default none.
    /// </summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>How many of its requests wait on each node. Default: 10,000, with 64 MB, for 5 s.</summary>
    public HoldConfiguration Hold { get; init; } = HoldConfiguration.Default;

    /// <summary>
    /// How long an answer outside turns may go on at the old primary after a switchover. Up to an hour; default none:
    /// it is cut at once.
    /// </summary>
    public TimeSpan Drain { get; init; }

    /// <summary>Where it may be, and beside which other services. Default: anywhere.</summary>
    public ServiceRules Rules { get; init; } = ServiceRules.None;

    public const int DefaultSecondaries = 2;

    public const int DefaultSpares = 1;

    /// <summary>How often failed code is started anew in place, within the window. Default 1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>In how long. From 1 minute to 1 day; default 10 minutes.</summary>
    public TimeSpan RestartWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>With fewer in-sync providers than these the primary takes no writes. Default 1.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>
    /// What happens when no in-sync copy is left. Default <see cref="TotalLoss.Wait"/>.
    /// </summary>
    public TotalLoss TotalLoss { get; init; }

    /// <summary>When updates are committed. Default <see cref="CheckpointMode.BeforeReply"/>.</summary>
    public CheckpointMode Checkpoints { get; init; }

    /// <summary>
    /// With <see cref="CheckpointMode.Periodic"/>, how often they are at least. From 10 ms to 1 hour; default 1 s.
    /// </summary>
    public TimeSpan Interval { get; init; } = ServiceDefinition.DefaultInterval;

    /// <summary>
    /// How often its providers' states are compared, in the time of the replica managers; zero for only when asked.
    /// From 1 minute to 365 days; default 1 day.
    /// </summary>
    public TimeSpan AuditEvery { get; init; } = ServiceDefinition.Daily;

    /// <summary>
    /// How long a client's <c>Idempotency-Key</c> is remembered. From 1 minute to 365 days; default 1 day.
    /// </summary>
    public TimeSpan KeepKeysFor { get; init; } = ServiceDefinition.DefaultKeepKeysFor;

    /// <summary>The shortest time between two audits.</summary>
    public static readonly TimeSpan ShortestAudit = TimeSpan.FromMinutes(1);

    /// <summary>The longest.</summary>
    public static readonly TimeSpan LongestAudit = TimeSpan.FromDays(365);

    /// <summary>What is not as usual of these, in words.</summary>
    internal string Pace =>
        (Checkpoints == CheckpointMode.Periodic ? $" checkpoints every {Interval}" : "")
        + (AuditEvery != ServiceDefinition.Daily ? $" audits every {AuditEvery}" : "")
        + (KeepKeysFor != ServiceDefinition.DefaultKeepKeysFor ? $" keys for {KeepKeysFor}" : "")
        + (Hold != HoldConfiguration.Default ? $" {Hold}" : "")
        + (Drain != TimeSpan.Zero ? $" drains {Drain}" : "");

    /// <summary>Whether a service may have this for its <see cref="Interval"/>.</summary>
    public static bool IsInterval(TimeSpan every) => ServiceDefinition.IsInterval(every);

    /// <summary>Whether a service may have this for its <see cref="AuditEvery"/>.</summary>
    public static bool IsAudit(TimeSpan every) =>
        every == TimeSpan.Zero || (every >= ShortestAudit && every <= LongestAudit);

    /// <summary>Whether a service may have this for its <see cref="KeepKeysFor"/>.</summary>
    public static bool IsKeyAge(TimeSpan keepFor) =>
        keepFor >= TimeSpan.FromMinutes(1) && keepFor <= TimeSpan.FromDays(365);

    /// <summary>The most restarts that a service may ask for.</summary>
    public const int MaxRestarts = 100;

    /// <summary>The most secondaries, and the most spares, that a service may ask for.</summary>
    public const int MaxProviders = 32;

    /// <summary>Whether this can be the host of a request: a name or an address, without a port.</summary>
    internal static bool IsHost(string host) => Uri.CheckHostName(host) is not UriHostNameType.Unknown;

    /// <summary>A worker, whose name is its kind too.</summary>
    internal static ServiceConfiguration Worker(string name) =>
        new(new ServiceName(name), name, 0, 0, Durability.Memory) { IsExclusive = true };

    /// <summary>
    /// A program that somebody else runs on the nodes. There is no state here that could be lost, so it never waits for
    /// a copy of it.
    /// </summary>
    internal static ServiceConfiguration External(string name) =>
        new(new ServiceName(name), ExternalKind, Durability: Durability.Memory) { TotalLoss = TotalLoss.StartEmpty };

    internal ServiceDefinition ToDefinition() => new(Name, Kind, Secondaries, Spares, Durability == Durability.Disk)
    {
        MinInSync = MinInSync,
        TotalLoss = TotalLoss == TotalLoss.StartEmpty ? TotalLossPolicy.StartEmpty : TotalLossPolicy.Wait,
        Restarts = Restarts,
        RestartWindow = RestartWindow,
        IsExclusive = IsExclusive,
        CheckpointEvery = Checkpoints == CheckpointMode.Periodic ? Interval : TimeSpan.Zero,
        AuditEvery = AuditEvery,
        KeepKeysFor = KeepKeysFor,
        With = Rules.With,
        After = Rules.After,
        Apart = Rules.Apart,
        Preferred = Rules.Preferred,
        Only = Rules.Only,
        Never = Rules.Never,
    };
}

/// <summary>When a service's updates are committed: on every in-sync provider, by its durability.</summary>
public enum CheckpointMode
{
    /// <summary>Before they are acknowledged: no acknowledged update is lost.</summary>
    BeforeReply,

    /// <summary>
    /// After that, at least every interval: updates are faster, and the loss of a primary costs what it acknowledged
    /// last, within the interval and two heartbeats.
    /// </summary>
    Periodic,
}

/// <summary>What an acknowledged update survives.</summary>
public enum Durability
{
    /// <summary>The stop of every process: it is flushed on every in-sync provider before the answer.</summary>
    Disk,

    /// <summary>The stop of all in-sync providers but one: it is in the memory of each before the answer.</summary>
    Memory,
}

/// <summary>What happens when no in-sync copy of a service is left.</summary>
public enum TotalLoss
{
    /// <summary>The service waits for one of their disks, or for an operator's word.</summary>
    Wait,

    /// <summary>The service begins again, empty: for state that can be made anew.</summary>
    StartEmpty,
}
