using System.Globalization;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The name of the checkpoints of one lineage of a service, on the wire and on disk: the service's own, and from the
/// second lineage on with its number, as in <c>kv~2</c>. So the copies of two lineages are never taken for one.
/// </summary>
public static class ServiceStream
{
    private const char Mark = '~';

    /// <summary>The stream of a service's lineage.</summary>
    public static ServiceName Of(ServiceName service, Lineage lineage) => lineage.Value <= 1
        ? service
        : new ServiceName(string.Create(CultureInfo.InvariantCulture, $"{service.Value}{Mark}{lineage.Value}"));

    /// <summary>The service of a stream.</summary>
    public static ServiceName Service(ServiceName stream)
    {
        var mark = stream.Value.LastIndexOf(Mark);
        return mark <= 0 ? stream : new ServiceName(stream.Value[..mark]);
    }

    /// <summary>The lineage of a stream; none if its name is no stream's.</summary>
    public static Lineage LineageOf(ServiceName stream)
    {
        var mark = stream.Value.LastIndexOf(Mark);
        if (mark <= 0) return new Lineage(1);
        var text = stream.Value.AsSpan(mark + 1);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Lineage(number)
            : default;
    }
}
