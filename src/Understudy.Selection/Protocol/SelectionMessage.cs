using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Selection.Protocol;

/// <summary>What replica manager managers say to each other. All carry the version of the RM's configuration.</summary>
public abstract record SelectionMessage(ConfigurationVersion Version) : Message
{
    /// <summary>FIG 7: raise your candidate to me and yield, or tell me who is higher. One atomic step.</summary>
    public sealed record Disqualify(ConfigurationVersion Version, Rank Rank) : SelectionMessage(Version);

    /// <summary>I have yielded to you: my seal, and the position of my log.</summary>
    public sealed record Yield(ConfigurationVersion Version, ConfigurationVersion ReplicaEpoch, long LastSequence)
        : SelectionMessage(Version);

    /// <summary>My candidate outranks you.</summary>
    public sealed record Higher(ConfigurationVersion Version, MemberId Candidate, Rank Rank)
        : SelectionMessage(Version);

    /// <summary>Your version is older than mine.</summary>
    public sealed record Stale(ConfigurationVersion Version) : SelectionMessage(Version);

    /// <summary>I have won this version and serve.</summary>
    public sealed record Elected(ConfigurationVersion Version) : SelectionMessage(Version);
}
