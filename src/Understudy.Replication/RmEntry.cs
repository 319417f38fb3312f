using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What the registry says of the RM itself.</summary>
/// <param name="Primary">The incarnation that hosts the RM's primary, as it said itself; null before the first.</param>
/// <param name="Version">The version of the RM's configuration in which it became that.</param>
/// <param name="Operation">The RM's own switchover that is under way, or null.</param>
public sealed record RmEntry(MemberId? Primary, ConfigurationVersion Version, Operation? Operation)
{
    /// <summary>Nothing is known yet.</summary>
    public static readonly RmEntry None = new(null, ConfigurationVersion.None, null);
}
