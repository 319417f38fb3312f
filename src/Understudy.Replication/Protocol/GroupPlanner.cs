using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Decides on the services that move as one: first what the view took away, then where their providers shall be, then
/// which of them start, and last whether their primaries have to move. Sponsors come before their dependents.
/// </summary>
internal sealed partial class GroupPlanner
{
    private readonly Decision _decision;
    private readonly ServiceEntry[] _entries;
    private readonly Profile _profile;
    private readonly Mutation _mutations;
    private readonly ImmutableArray<Provider>[] _survivors;
    private readonly NodeId? _target;
    private NodeId? _node;

    public GroupPlanner(Decision decision, ServiceEntry[] entries, Profile profile, Mutation mutations)
    {
        (_decision, _entries, _profile, _mutations) = (decision, entries, profile, mutations);
        _target = entries.Select(e => e.Operation?.Target).FirstOrDefault(t => t is not null);
        _survivors = [.. entries.Select(e => ConfigurationPlanner.Survivors(e, decision))];
    }

    private bool IsHeld => _entries.Any(_decision.IsHeld);

    public void Plan()
    {
        ContinueOperation();
        _node = ChooseNode();
        FollowView();
        Relieve();
        // Before it is known who can host them, services that never started are not placed either.
        var isAwaited = _decision.AwaitsHosts && !Array.Exists(_entries, e => e.Configuration.IsStarted);
        if (!IsHeld && !isAwaited)
        {
            Place();
            Start();
        }

        BeginLineages();
        if (!IsHeld) DropExtras();

        ConsiderMove();
        AdvanceOperation();
        Stop();
        Freeze();
        foreach (var entry in _entries) _decision.Put(entry);
    }

    /// <summary>Where the primaries are; if none survives, where all of them can be, or the first of them.</summary>
    private NodeId? ChooseNode()
    {
        List<NodeId> common = [];
        var isFirst = true;
        for (var i = 0; i < _entries.Length; i++)
        {
            var primary = _entries[i].Configuration.Primary;
            if (primary is { } alive && _survivors[i].Any(p => p.Member == alive)) return alive.Node;
            if (_survivors[i].IsEmpty) continue;
            var nodes = _survivors[i].Select(p => p.Member.Node).ToList();
            if (isFirst) common = nodes;
            else if (common.Exists(nodes.Contains)) common.RemoveAll(n => !nodes.Contains(n));
            isFirst = false;
        }

        return common.Count == 0 ? null : Best(common);
    }

    private void FollowView()
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            var (entry, survivors) = (_entries[i], _survivors[i]);
            if (!entry.Configuration.IsStarted) continue;
            var present = entry.Configuration;
            if (survivors.IsEmpty)
            {
                // Total loss: no in-sync copy is among the members. Nobody else may take its place; wait for a disk.
                _entries[i] = entry with { Configuration = present with { Primary = null } };
                continue;
            }

            var primary = survivors.FirstOrDefault(p => p.Member == present.Primary);
            if (primary == default) primary = survivors.FirstOrDefault(p => p.Member.Node == _node);
            var isInParts = (_mutations & Mutation.GroupMovedInParts) != 0;
            if (primary == default || (isInParts && primary.Member != present.Primary))
            {
                var best = Best(survivors.Select(p => p.Member.Node));
                primary = survivors.First(p => p.Member.Node == best);
            }

            _entries[i] = entry with
            {
                Configuration = present with { Primary = primary.Member, InSync = survivors },
            };
        }
    }

    /// <summary>
    /// The first configuration ever: an empty in-sync set and a new lineage; only here a spare may win.
    /// </summary>
    private void Start()
    {
        if (_decision.AwaitsHosts) return;
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            if (entry.Configuration.IsStarted || !IsDue(entry)) continue;
            if ((_node ?? entry.Placement.FirstOrDefault()) is not { Value: not null } node) continue;
            var canStart = _decision.MayHost(entry, node) && (_decision.IsStaying(node) || _decision.Hosts.Length == 1);
            if (!canStart || _decision.Find(node) is not { } member) continue;
            _node = node;
            var first = new Provider(member.Id, member.Disk);
            _entries[i] = entry with
            {
                Configuration = entry.Configuration with
                {
                    Lineage = new Lineage(1),
                    Primary = first.Member,
                    InSync = [first],
                },
            };
            _survivors[i] = [first];
        }
    }

    /// <summary>Whether every service that must be started before it is.</summary>
    private bool IsDue(ServiceEntry entry) =>
        entry.Definition.After.All(name => Find(name) is not { Configuration.Primary: null })
        && entry.Definition.With.All(name => Find(name) is not { Configuration.Primary: null });

    /// <summary>
    /// A provider that shall not be one leaves the in-sync set: at once if the rules forbid it, else when all that
    /// shall be are in sync.
    /// </summary>
    private void DropExtras()
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            var (entry, present) = (_entries[i], _entries[i].Configuration);
            if (present.Primary is not { } primary || entry.Operation is not null) continue;
            var isComplete = entry.Placement.Length > entry.Definition.Secondaries
                && entry.Placement.All(entry.IsInSyncOn);
            var kept = present.InSync.RemoveAll(p => p.Member != primary && !entry.Placement.Contains(p.Member.Node)
                && (isComplete || !entry.Allows(p.Member.Node)));
            if (kept.Length == present.InSync.Length) continue;
            _entries[i] = entry with { Configuration = present with { InSync = kept } };
            _survivors[i] = kept;
        }
    }

    /// <summary>The group freezes as one; a dependent serves only where its sponsors do.</summary>
    private void Freeze()
    {
        var isFreezing = _entries.Any(e => e.Operation is { Stage: OperationStage.Freeze });
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            var primary = entry.Configuration.Primary;
            var isApart = (_mutations & Mutation.GroupMovedInParts) == 0 && entry.Definition.With.Any(name =>
                Find(name) is { } sponsor
                && (sponsor.IsFrozen || sponsor.IsStopped || sponsor.Configuration.Primary is null
                    || sponsor.Configuration.Primary?.Node != primary?.Node));
            _entries[i] = entry with { IsFrozen = primary is not null && (isFreezing || isApart) };
        }
    }

    private ServiceEntry? Find(ServiceName name)
    {
        foreach (var entry in _entries)
        {
            if (entry.Definition.Name == name) return entry;
        }

        return _decision.Find(name);
    }
}
