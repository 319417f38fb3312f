using Understudy.Kernel;

namespace Understudy;

/// <summary>
/// Names one reign of one primary; every later one's is greater. Give it to what the primary changes outside the
/// cluster, and have that refuse a smaller token than the greatest it has seen.
/// </summary>
/// <param name="Lineage">The line of descent of the service's state.</param>
/// <param name="Version">The version of the configuration in which the reign began.</param>
public readonly record struct FencingToken(Lineage Lineage, ConfigurationVersion Version) : IComparable<FencingToken>
{
    /// <inheritdoc/>
    public int CompareTo(FencingToken other) => Version.CompareTo(other.Version);

    public static bool operator <(FencingToken left, FencingToken right) => left.CompareTo(right) < 0;

    public static bool operator >(FencingToken left, FencingToken right) => left.CompareTo(right) > 0;

    public static bool operator <=(FencingToken left, FencingToken right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FencingToken left, FencingToken right) => left.CompareTo(right) >= 0;
}
