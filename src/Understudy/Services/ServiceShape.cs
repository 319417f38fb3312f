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
