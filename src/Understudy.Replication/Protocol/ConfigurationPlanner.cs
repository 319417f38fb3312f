using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// What every service's configuration shall be in a view (DESIGN 6): the surviving primary, else the in-sync provider
/// of best rank, else wait for an in-sync disk to return. Arithmetic only; a view that changes nothing gives nothing.
/// </summary>
public static class ConfigurationPlanner
{
    /// <summary>The members that may host services, in order of node.</summary>
    public static ImmutableArray<Member> Hosts(View view) =>
        [.. view.Members.Where(m => m.Kind != NodeKind.Witness)];

    /// <summary>
    /// Decides on these groups, in order. A service that starts after another one may be placed before it, if both
    /// are in groups that name each other: then the rest is decided once more.
    /// </summary>
    public static void Plan(
        Decision decision, IEnumerable<ImmutableArray<ServiceName>> groups, Profile profile, Mutation mutations)
    {
        var left = groups.ToList();
        while (left.Count > 0)
        {
            List<ImmutableArray<ServiceName>> waiting = [];
            foreach (var group in left)
            {
                if (group.Length == 1 && GroupPlanner.IsSettled(decision.Find(group[0]), decision)) continue;
                var entries = group.Select(decision.Find).OfType<ServiceEntry>().ToArray();
                if (entries.Length == 0) continue;
                if (entries[0].Definition.IsExclusive) new ExclusivePlanner(decision, entries[0], profile).Plan();
                else new GroupPlanner(decision, entries, profile, mutations).Plan();
                if (entries.Any(e => !e.Configuration.IsStarted && !e.Definition.After.IsEmpty)) waiting.Add(group);
            }

            var hasProgress = waiting.Count < left.Count;
            left = hasProgress ? waiting.FindAll(g => g.Any(name => IsDue(decision, name))) : [];
        }
    }

    /// <summary>
    /// The in-sync providers that are still members; if none is, the members that have come back with an in-sync disk
    /// of a durable service: every one of those holds every acknowledged update (agreement.md 4.7). A copy that is void
    /// is none of them.
    /// </summary>
    public static ImmutableArray<Provider> Survivors(ServiceEntry entry, Decision decision)
    {
        var inSync = entry.Configuration.InSync;
        var areAll = true;
        if (!entry.Left.IsEmpty) inSync = inSync.RemoveAll(p => entry.IsVoid(p.Disk));
        foreach (var provider in inSync) areAll &= decision.Contains(provider.Member);
        if (areAll) return inSync;
        ImmutableArray<Provider> alive = [.. inSync.Where(p => decision.Contains(p.Member))];
        if (!alive.IsEmpty || !entry.Definition.Durable) return alive;
        return
        [
            .. inSync
                .Select(p => (Old: p, New: decision.Find(p.Member.Node)))
                .Where(p => p.New is not null && p.New.Disk == p.Old.Disk)
                .Where(p => decision.HasGoodCopy(entry.Definition.Name, p.New!.Id))
                .Select(p => new Provider(p.New!.Id, p.New.Disk)),
        ];
    }

    /// <summary>
    /// A member whose disk is one of the last in-sync set's, while nothing is known against its copy; or null.
    /// </summary>
    public static Member? Returned(ServiceEntry entry, Decision decision)
    {
        if (!entry.Definition.Durable) return null;
        foreach (var provider in entry.Configuration.InSync)
        {
            var member = decision.Find(provider.Member.Node);
            if (member is not null && member.Disk == provider.Disk && !entry.IsVoid(provider.Disk)) return member;
        }

        return null;
    }

    private static bool IsDue(Decision decision, ServiceName name) =>
        decision.Find(name) is { Configuration.IsStarted: false } entry && !entry.Definition.After.IsEmpty
        && entry.Definition.After.All(after => decision.Find(after) is not { Configuration.Primary: null });
}
