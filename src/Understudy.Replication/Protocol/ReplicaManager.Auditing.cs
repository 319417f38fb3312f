using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Copies that are worth nothing, and audits, which find them. That an audit is due stands in the registry, so that
/// whoever is primary then carries it out.
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly SortedSet<(ServiceName Service, MemberId Member)> _good = [];
    private TimeSpan _auditsSeenAt;

    /// <summary>So many are asked for at one time, and others after a silence.</summary>
    private const int MostAudits = 32;

    /// <summary>
    /// All in-sync providers were gone, and a node is back with one of their disks. Only its own word makes it count:
    /// its copy may be damaged, and the set must not shrink to that one while another is still to come.
    /// </summary>
    public void OnCopyGood(MemberId from, ReplicationMessage.CopyGood said, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(said.Service) is not { Configuration: { Primary: null } present }) return;
        if (from != said.Provider.Member || present.Version != said.Version || !view.Contains(from)) return;
        if (!present.InSync.Any(p => p.Member.Node == from.Node && p.Disk == said.Provider.Disk)) return;
        if (_good.Add((said.Service, from))) Commit(Begin(view, now, $"{from} is back with its disk"), said.Service);
    }

    /// <summary>
    /// An in-sync provider's own copy is void: it does not count from now on. If it is the last one, the service has no
    /// primary, rather than one that has lost what was acknowledged.
    /// </summary>
    public void OnCopyVoid(MemberId from, ReplicationMessage.CopyVoid said, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(said.Service) is not { } entry) return;
        var (present, disk) = (entry.Configuration, said.Provider.Disk);
        if (from != said.Provider.Member || present.Version != said.Version) return;
        if (said.Reason.Cause == LeaveCause.FormatUnknown) OnFormatUnknown(entry, said, view, now);
        if (!said.Reason.IsCopyVoid) return;
        // A state that differs is better than none: it leaves only if another one stays.
        var isLast = !present.InSync.Any(p => p.Member.Node != from.Node && view.Contains(p.Member));
        if (said.Reason.Cause == LeaveCause.StateDiffered && isLast) return;
        if (entry.IsVoid(disk) || !present.InSync.Any(p => p.Member.Node == from.Node && p.Disk == disk)) return;
        var decision = Begin(view, now, $"{from.Node}'s copy is void: {said.Reason}");
        decision.Put(entry with
        {
            Left = entry.Left.RemoveAll(left => left.Node == from.Node)
                .Add(new Departure(from.Node, disk, said.Reason)),
        });
        Commit(decision, said.Service);
    }

    /// <summary>
    /// A provider that cannot read the service's bytes leaves the set, if another one is in it; if it is the last, it
    /// stays, as its disk has everything, and waits for a program that can.
    /// </summary>
    private void OnFormatUnknown(
        ServiceEntry entry, ReplicationMessage.CopyVoid said, View view, TimeSpan now)
    {
        var (present, member) = (entry.Configuration, said.Provider.Member);
        var others = present.InSync.RemoveAll(p => p.Member.Node == member.Node);
        if (others.IsEmpty || !view.Contains(member) || !others.Any(p => view.Contains(p.Member))) return;
        var departure = new Departure(member.Node, said.Provider.Disk, said.Reason);
        if (entry.Left.Contains(departure)) return;
        var decision = Begin(view, now, $"{member.Node} refuses: {said.Reason}");
        var next = others.First(p => view.Contains(p.Member)).Member;
        decision.Put(entry with
        {
            Configuration = present with
            {
                InSync = others,
                Primary = present.Primary == member ? next : present.Primary,
            },
            Left = entry.Left.RemoveAll(left => left.Node == member.Node).Add(departure),
        });
        Commit(decision, said.Service);
    }

    /// <summary>
    /// An audit has ended. If most providers agree against the primary, one of them takes over, and audits again.
    /// </summary>
    public void OnAuditEnded(MemberId from, ReplicationMessage.AuditEnded ended, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(ended.Service) is not { } entry) return;
        if (entry.Configuration.Primary != from || entry.Configuration.Version != ended.Version) return;
        if (ended.Number != entry.Audits.Asked || !entry.Audits.IsWanted) return;
        var decision = Begin(view, now, ended.What);
        var isMoved = ended.IsPrimaryOdd && new CommandRules(decision, _registry).Relieve(ended.Service);
        var audits = new Audits(ended.Number, ended.Number, Elapsed(now));
        decision.Put(decision.Find(ended.Service)! with { Audits = isMoved ? audits.Ask() : audits });
        Commit(decision, ended.Service);
    }

    /// <summary>Asks for the audits that are due.</summary>
    private void AskAudits(View view, TimeSpan now)
    {
        if (now - _auditsSeenAt < _profile.Silence) return;
        _auditsSeenAt = now;
        var elapsed = Elapsed(now);
        var due = _registry.Services.Where(entry => IsAuditDue(entry, elapsed)).Take(MostAudits).ToList();
        if (due.Count == 0) return;
        var what = due.Count == 1 ? due[0].Definition.Name.Value : $"{due.Count} services";
        var decision = Begin(view, now, $"an audit of {what} is due");
        foreach (var entry in due) decision.Put(entry with { Audits = entry.Audits.Ask() });
        Commit(decision, [.. due.Select(entry => entry.Definition.Name)]);
    }

    private static bool IsAuditDue(ServiceEntry entry, TimeSpan elapsed)
    {
        var (every, audits) = (entry.Definition.AuditEvery, entry.Audits);
        return every != TimeSpan.Zero && !audits.IsWanted && elapsed - audits.At >= every
            && entry.Configuration is { Primary: not null, InSync.Length: > 1 };
    }
}
