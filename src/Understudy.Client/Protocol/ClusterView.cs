using System.Globalization;
using Understudy.Contracts;

namespace Understudy.Client.Protocol;

/// <summary>
/// What a client knows of its cluster, from the events of two nodes' streams: the one that is told first counts.
/// </summary>
/// <param name="configured">The nodes that the client was given.</param>
/// <param name="mutations">Rules that the simulator switches off.</param>
internal sealed class ClusterView(IEnumerable<Uri> configured, ClientMutation mutations = ClientMutation.None)
{
    private readonly SortedDictionary<string, ServicePlace> _places = new(StringComparer.Ordinal);
    private EventPlace? _last;

    /// <summary>An event's place in its cluster's order of decisions.</summary>
    private readonly record struct EventPlace(string Cluster, long Generation, long Sequence);

    /// <summary>Addresses of nodes: those that were given, and others that the cluster has.</summary>
    public IReadOnlyList<Uri> Nodes { get; private set; } = [.. configured.Distinct()];

    /// <summary>The last event that was taken; any node goes on after it.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>Where a service is, or null if it is not known, or does not exist.</summary>
    public ServicePlace? Find(string service) => _places.GetValueOrDefault(service);

    /// <summary>Whether the primary is known to be at this node no more.</summary>
    /// <param name="service">The service.</param>
    /// <param name="node">A node that was its primary, or answers for it.</param>
    /// <param name="version">The version by which it was.</param>
    public bool HasLeft(string service, string node, long version) =>
        Find(service) is { } place && place.Version > version && place.Primary != node;

    /// <summary>Takes an event.</summary>
    /// <returns>Whether it is news: another node may have told it before.</returns>
    public bool Take(ServiceMapDocument told)
    {
        if (told.Id is not { } id) return false;
        var place = Parse(id);
        if (!IsNews(place) && (mutations & ClientMutation.OldEventTaken) == 0) return false;
        (LastEventId, _last) = (id, place);
        if (told.Nodes is { } nodes)
        {
            _places.Clear();
            Nodes = [.. Nodes.Concat(nodes.Select(node => new Uri(node.Url))).Distinct()];
        }

        foreach (var entry in told.Services) _places[entry.Name] = PlaceOf(entry);
        foreach (var removed in told.Removed) _places.Remove(removed);
        return true;
    }

    /// <summary>The node to listen to next.</summary>
    /// <param name="attempt">Counts the attempts.</param>
    /// <param name="besides">The node that is listened to already: if it hangs, the other one is heard.</param>
    /// <returns>Null if no other one is known.</returns>
    public Uri? NodeToHear(int attempt, Uri? besides)
    {
        Uri[] others = [.. Nodes.Where(node => node != besides)];
        return others.Length == 0 ? null : others[attempt % others.Length];
    }

    /// <summary>Whether a place comes after the last one; one of another cluster does.</summary>
    private bool IsNews(EventPlace? place) =>
        place is not { } next || _last is not { } last || next.Cluster != last.Cluster
        || (next.Generation, next.Sequence).CompareTo((last.Generation, last.Sequence)) > 0;

    /// <summary>Reads an event's id; null of one that says no place, which then cannot be older.</summary>
    private static EventPlace? Parse(string id) =>
        id.Split('.') is [var cluster, var generation, var sequence]
            ? new EventPlace(cluster, Number(generation), Number(sequence))
            : null;

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static ServicePlace PlaceOf(ServiceMapEntry entry)
    {
        var primary = entry.Endpoints.FirstOrDefault(endpoint => endpoint.Role == "primary");
        return new ServicePlace(
            entry.Name,
            entry.Version,
            entry.Primary,
            primary is null ? null : new Uri(primary.Url),
            entry.Frozen,
            [.. entry.Endpoints.Where(endpoint => endpoint.Role != "primary").Select(e => new Uri(e.Url))]);
    }
}
