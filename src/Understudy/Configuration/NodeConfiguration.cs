using System.Net;
using Understudy.Kernel;

namespace Understudy;

/// <summary>One node of the cluster's file.</summary>
/// <param name="Id">The node's name, unique in the cluster.</param>
/// <param name="Address">Where it listens for other nodes.</param>
/// <param name="Http">Where its gateway, health and admin API listen.</param>
/// <param name="Kind">Whether it votes and whether it hosts services. Default: both.</param>
public sealed record NodeConfiguration(NodeId Id, IPEndPoint Address, IPEndPoint Http, NodeKind Kind)
{
    /// <summary>
    /// How many megabytes (of 1,048,576 bytes) of snapshots it sends each second at most when it brings other nodes'
    /// providers up, so that changes have room beside them; 1 to 100,000. Default null: what the profile says,
    /// which is 400.
    /// </summary>
    public int? TransferRate { get; init; }

    /// <summary>
    /// How many HTTP connections it has at most, 1 to 1,000,000; more are refused, but for a few to its health and
    /// admin API. Default 20,000. The files that its process may open are another bound.
    /// </summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Whether its vote counts in agreeing on views.</summary>
    public bool Votes => Kind is NodeKind.Voter or NodeKind.Witness;

    /// <summary>Whether providers may run on it.</summary>
    public bool Hosts => Kind is NodeKind.Voter or NodeKind.NonVoter;
}
