using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http.Protocol;

/// <summary>
/// A map's place in its cluster's order of decisions, the same on every node; the id of an event of the stream.
/// </summary>
internal readonly record struct ServiceMapPosition(ClusterId Cluster, long Generation, long Sequence)
{
    public static ServiceMapPosition Of(ClusterId cluster, ServiceMap map) =>
        new(cluster, map.Generation.Value, map.Sequence);

    /// <summary>Whether it comes after another one of the same cluster.</summary>
    public bool IsAfter(ServiceMapPosition other) =>
        (Generation, Sequence).CompareTo((other.Generation, other.Sequence)) > 0;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Cluster}.{Generation}.{Sequence}");

    /// <summary>Reads an event's id. False of anything that is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ServiceMapPosition position)
    {
        position = default;
        if (text?.Split('.') is not [{ Length: 32 } cluster, var generation, var sequence]) return false;
        var isOne = UInt128.TryParse(cluster, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            & long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            & long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var second);
        position = new ServiceMapPosition(new ClusterId(id), first, second);
        return isOne;
    }
}
