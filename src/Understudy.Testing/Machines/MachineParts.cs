using Microsoft.Extensions.DependencyInjection;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Testing.Machines;

/// <summary>What every machine of a cluster works with.</summary>
internal sealed record MachineParts
{
    public required VirtualTime Time { get; init; }

    public required Wires Wires { get; init; }

    public required ClusterConfiguration Configuration { get; init; }

    public required NodeOptions Options { get; init; }

    /// <summary>How long a request may wait for its answer.</summary>

    public required UnderstudyBuilder Services { get; init; }

    /// <summary>Adds what services' constructors ask for, for the process of a node.</summary>
    public required Action<NodeId, IServiceCollection> Configure { get; init; }

    /// <summary>A node reports.</summary>
    public required Action<Machine, NodeEvent> OnEvent { get; init; }

    /// <summary>Something is done to a machine.</summary>
    public required Action<NodeId, string> Note { get; init; }

    /// <summary>A promise is broken: the test ends.</summary>
    public required Action<Exception> Fail { get; init; }
}
