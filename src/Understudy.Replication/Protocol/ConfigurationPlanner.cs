using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// What a service's configuration shall be in a view (DESIGN 6): the surviving primary, else the in-sync provider of
/// best rank, else wait for an in-sync disk to return. Arithmetic only; a view that changes nothing gives nothing.
/// </summary>
public static class ConfigurationPlanner
{
    /// <summary>The members that may host services, in order of node.</summary>
    public static ImmutableArray<Member> Hosts(View view) =>
        [.. view.Members.Where(m => m.Kind != NodeKind.Witness)];

    /// <summary>
    /// The first configuration ever: an empty in-sync set and a new lineage; only here a spare may win.
    /// </summary>
    public static Configuration? Start(
        ServiceDefinition definition, View view, IReadOnlyDictionary<NodeId, int> load, IReadOnlySet<MemberId> leaving)
    {
        var hosts = Hosts(view).Where(m => !leaving.Contains(m.Id)).ToList();
        if (hosts.Count == 0) return null;
        var first = Best(hosts.Select(m => new Provider(m.Id, m.Disk)), load);
        return new Configuration(
            definition.Name, new ConfigurationVersion(1), new Lineage(1), first.Member, [first], view.Epoch);
    }

    /// <returns>The next configuration, or null if the present one stands.</returns>
    public static Configuration? Next(
        ServiceDefinition definition,
        Configuration present,
        View view,
        IReadOnlyDictionary<NodeId, int> load,
        IReadOnlySet<MemberId> leaving)
    {
        var inSync = Survivors(definition, present, view);
        if (inSync.IsEmpty)
        {
            // Total loss: no in-sync copy is among the members. Nobody else may take its place; wait for a disk.
            return present.Primary is null
                ? null
                : present with
                {
                    Version = present.Version.Next,
                    Primary = null,
                    Cause = view.Epoch,
                    IsPlanned = false,
                };
        }

        var primary = inSync.FirstOrDefault(p => p.Member == present.Primary);
        var mustMove = primary == default || leaving.Contains(primary.Member);
        if (mustMove)
        {
            var staying = inSync.Where(p => !leaving.Contains(p.Member)).ToList();
            if (staying.Count > 0) primary = Best(staying, load);
            else if (primary == default) primary = Best(inSync, load);
        }

        if (primary.Member == present.Primary && inSync.SequenceEqual(present.InSync)) return null;
        return present with
        {
            Version = present.Version.Next,
            Primary = primary.Member,
            InSync = inSync,
            Cause = view.Epoch,
            IsPlanned = primary.Member != present.Primary && inSync.Any(p => p.Member == present.Primary),
        };
    }

    /// <summary>
    /// The in-sync providers that are still members; if none is, the members that have come back with an in-sync disk
    /// of a durable service: every one of those holds every acknowledged update (agreement.md 4.7).
    /// </summary>
    private static ImmutableArray<Provider> Survivors(ServiceDefinition definition, Configuration present, View view)
    {
        ImmutableArray<Provider> alive = [.. present.InSync.Where(p => view.Contains(p.Member))];
        if (!alive.IsEmpty || !definition.Durable) return alive;
        return
        [
            .. present.InSync
                .Select(p => (Old: p, New: view.MemberOn(p.Member.Node)))
                .Where(p => p.New is not null && p.New.Disk == p.Old.Disk)
                .Select(p => new Provider(p.New!.Id, p.New.Disk)),
        ];
    }

    /// <summary>The least loaded; among equals the greatest node, as ranks have it.</summary>
    private static Provider Best(IEnumerable<Provider> providers, IReadOnlyDictionary<NodeId, int> load) =>
        providers.OrderBy(p => load.GetValueOrDefault(p.Member.Node)).ThenByDescending(p => p.Member).First();
}
