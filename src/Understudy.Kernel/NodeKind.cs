namespace Understudy.Kernel;

/// <summary>What a configured node does for the cluster.</summary>
public enum NodeKind
{
    /// <summary>Votes on views and hosts services.</summary>
    Voter,

    /// <summary>Votes on views, hosts nothing.</summary>
    Witness,

    /// <summary>Hosts services, does not vote (<c>voter = false</c>).</summary>
    NonVoter,
}
