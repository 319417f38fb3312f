using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy;

/// <summary>How many providers a service wants, what its updates survive, and where it may be.</summary>
public sealed class ServiceShape
{
    /// <summary>How many providers receive every checkpoint besides the primary. Default 2.</summary>
    public int Secondaries { get; set; } = ServiceConfiguration.DefaultSecondaries;

    /// <summary>How many nodes stand by without state. Default 1.</summary>
    public int Spares { get; set; } = ServiceConfiguration.DefaultSpares;

    /// <summary>
    /// Its sponsors, by name: it serves only on the node where their primaries are, starts after them, and moves with
    /// them. Default none.
    /// </summary>
    /// <example><code>.AddService&lt;Invoices&gt;("invoices", shape =&gt; shape.With.Add("orders"))</code></example>
    public IList<string> With { get; } = [];

    /// <summary>
    /// Services that must have a primary before this one starts for the first time. Default none.
    /// </summary>
    public IList<string> After { get; } = [];

    /// <summary>
    /// Services whose primaries are kept on other nodes than its own, while there are enough. Default none.
    /// </summary>
    public IList<string> Apart { get; } = [];

    /// <summary>Ids of the nodes to place it on before others, the best for its primary first. Default none.</summary>
    public IList<string> Preferred { get; } = [];

    /// <summary>Ids of the only nodes that may host it. Default none: all may.</summary>
    public IList<string> Only { get; } = [];

    /// <summary>Ids of nodes that do not host it. Default none.</summary>
    public IList<string> Never { get; } = [];

    /// <summary>
    /// With fewer in-sync providers than these, the primary among them, writes wait. Default 1; at most one more than
    /// <see cref="Secondaries"/>.
    /// </summary>
    public int MinInSync { get; set; } = 1;

    /// <summary>What happens when no in-sync copy is left. Default <see cref="TotalLoss.Wait"/>.</summary>
    public TotalLoss TotalLoss { get; set; }

    /// <summary>
    /// How often failed code is started anew in place within <see cref="RestartWindow"/>, before its service is moved
    /// to another node. Default 1.
    /// </summary>
    public int Restarts { get; set; } = 1;

    /// <summary>How long a failure counts. Default 10 minutes.</summary>
    public TimeSpan RestartWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What an acknowledged update survives. Default <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; set; } = Durability.Disk;

    /// <summary>When updates are committed. Default <see cref="CheckpointMode.BeforeReply"/>.</summary>
    /// <remarks>
    /// With <see cref="CheckpointMode.Periodic"/> the loss of a primary may lose what it acknowledged last, within
    /// <see cref="Interval"/> and two heartbeats (200 ms with <c>lan</c>): a request, its <c>Idempotency-Key</c> and a
    /// <see cref="IPrimaryContext.CheckpointAsync(Func{ReadOnlyMemory{byte}})"/> that had returned. A planned change
    /// loses nothing. <see cref="IPrimaryContext.ConfirmAsync"/> commits all that was changed before.
    /// </remarks>
    public CheckpointMode Checkpoints { get; set; }

    /// <summary>
    /// With <see cref="CheckpointMode.Periodic"/>, how often updates are committed at least. From 10 ms to 1 hour;
    /// default 1 s.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the providers' states are compared; zero for only when asked. From 1 minute to 365 days; default 1
    /// day.
    /// </summary>
    public TimeSpan AuditEvery { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Names that lead to the service: a request to any node whose host is one of them goes to it, with its whole path.
    /// Without ports; case does not count. Said here unless the file says some. Default none.
    /// </summary>
    /// <example><code>.AddService&lt;Shop&gt;("shop", shape =&gt; shape.Hosts.Add("shop.example.com"))</code></example>
    public IList<string> Hosts { get; } = [];

    /// <summary>
    /// How long a client's <c>Idempotency-Key</c> is remembered, in time in which there was a primary; no more than
    /// 65,536 keys, and 64 MB of them and their answers, the newest. From 1 minute to 365 days; default 1 day.
    /// </summary>
    public TimeSpan KeepKeysFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many of its requests wait on each node. Default: 10,000, with 64 MB, for 5 s.</summary>
    public HoldConfiguration Hold { get; set; } = HoldConfiguration.Default;

    /// <summary>
    /// How long an answer outside turns, such as a download, may go on at the old primary after a switchover. Up to 1
    /// hour, in whole seconds; default none: it is broken off at once. Said here unless the file says it.
    /// </summary>
    public TimeSpan Drain { get; set; }

    internal ServiceRules ToRules() => new()
    {
        With = Services(With),
        After = Services(After),
        Apart = Services(Apart),
        Preferred = NodesOf(Preferred),
        Only = NodesOf(Only),
        Never = NodesOf(Never),
    };

    private static ImmutableArray<ServiceName> Services(IEnumerable<string> names) =>
        [.. names.Distinct().Select(name => new ServiceName(name))];

    private static ImmutableArray<NodeId> NodesOf(IEnumerable<string> ids) =>
        [.. ids.Distinct().Select(id => new NodeId(id))];
}
