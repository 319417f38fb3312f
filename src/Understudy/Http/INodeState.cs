using Understudy.Contracts;
using Understudy.Kernel;

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

    /// <summary>Whether the service is the built-in one, with keys.</summary>
    bool HasKeys(ServiceName service) => true;

    /// <summary>The version of the service's configuration that this node knows.</summary>
    ConfigurationVersion VersionOf(ServiceName service);

    /// <summary>What the node knows of its cluster.</summary>
    StatusDocument Status();

    /// <summary>What happened lately.</summary>
    TimelineDocument Timeline();
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
