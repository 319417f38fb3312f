using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http;

/// <summary>
/// What a node's HTTP side tells about its node. Every member may be called from any thread, at any time.
/// </summary>
public interface INodeState
{
    /// <summary>The node.</summary>
    NodeId Node { get; }

    /// <summary>Why the process should be restarted, or null while it is alive.</summary>
    string? NotAlive { get; }

    /// <summary>Why this node serves nobody now, or null while it is a member with a valid view lease.</summary>
    string? NotReady { get; }

    /// <summary>True once the node was asked to stop: clients should ask another from now on.</summary>
    bool IsStopping { get; }

    /// <summary>Where a service's primary is, seen from this node now.</summary>
    PrimaryPlace PlaceOf(ServiceName service);

    /// <summary>Whether an in-sync provider of the service that is not primary is on this node, which serves.</summary>
    bool IsSecondary(ServiceName service);

    /// <summary>
    /// Whether the service is the built-in one, with keys. True also of one that does not exist: the gateway says so.
    /// Null if the node does not know which services there are.
    /// </summary>
    bool? HasKeys(ServiceName service) => true;

    /// <summary>The version of the service's configuration that this node knows.</summary>
    ConfigurationVersion VersionOf(ServiceName service);

    /// <summary>What the node knows of its cluster.</summary>
    StatusDocument Status();

    /// <summary>What happened lately.</summary>
    TimelineDocument Timeline();

    /// <summary>What replica managers decided lately, or null on a node that keeps no copy of the registry.</summary>
    /// <param name="service">Only changes of this one, or null for all.</param>
    HistoryDocument? History(string? service);

    /// <summary>Every node of the cluster's file, in order.</summary>
    IReadOnlyList<NodeId> Nodes { get; }

    /// <summary>What operators ask for a service, as this node knows it, or null.</summary>
    ServiceDefinition? DefinitionOf(ServiceName service);
}

/// <summary>Where a service's primary is.</summary>
public enum PrimaryPlace
{
    /// <summary>There is no such service.</summary>
    UnknownService,

    /// <summary>On this node: it serves and its view lease runs.</summary>
    Here,

    /// <summary>On another node, or nowhere.</summary>
    Elsewhere,
}
