using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's primary (FIG 2, 206; FIG 3): decides every service's configuration from the view, from operators' commands
/// and from what primaries report: one decision for one cause, ordered once it is committed. It acts only between
/// being activated and deposed; what it decides goes through the registry's replica, as a service's checkpoints do.
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly ImmutableArray<ServiceDefinition> _definitions;
    private readonly Registry _registry;
    private readonly Replica _replica;
    private readonly Profile _profile;
    private readonly Mutation _mutations;
    private readonly QuarantineRule _quarantine;
    private readonly SortedSet<MemberId> _leaving = [];
    private readonly SortedDictionary<ServiceName, ConfigurationVersion> _drained = [];
    private readonly SortedDictionary<ServiceName, long> _frozenAt = [];
    private readonly SortedDictionary<ServiceName, TimeSpan> _backOff = [];
    private TimeSpan _elapsedAtActivation;
    private TimeSpan _activatedAt;
    private ConfigurationVersion _generation;
    private long _firstSequence;

    /// <param name="definitions">
    /// The services of the cluster's file: defined when the registry does not know them; what it knows wins.
    /// </param>
    /// <param name="registry">The RM's state on this node.</param>
    /// <param name="replica">The replica that keeps it.</param>
    /// <param name="profile">All timings.</param>
    /// <param name="mutations">Rules that a test switched off.</param>
    /// <param name="quarantine">When a node that comes and goes is not relied on any more.</param>
    /// <param name="awaitsKinds">Whether nodes say what they have code for, before services are started.</param>
    public ReplicaManager(
        ImmutableArray<ServiceDefinition> definitions,
        Registry registry,
        Replica replica,
        Profile profile,
        Mutation mutations,
        QuarantineRule? quarantine = null,
        bool awaitsKinds = false)
    {
        (_definitions, _registry, _replica) = (definitions, registry, replica);
        (_profile, _mutations, _quarantine) = (profile, mutations, quarantine ?? QuarantineRule.Default);
        _awaitsKinds = awaitsKinds;
        _registry.Obey = Obey;
    }

    /// <summary>Whether this node's RM decides.</summary>
    public bool IsActive { get; private set; }

    /// <summary>This node won the selection: recover the registry, and reconcile it with the view.</summary>
    /// <param name="generation">The RM's version.</param>
    /// <param name="now">The time.</param>
    /// <param name="known">The sequence of the map that this node has, as most others will; 0 if it has none.</param>
    public void Activate(ConfigurationVersion generation, TimeSpan now, long known = 0)
    {
        IsActive = true;
        _generation = generation;
        (_elapsedAtActivation, _activatedAt, _isAwaiting) = (_registry.Elapsed, now, false);
        _drained.Clear();
        _frozenAt.Clear();
        _firstSequence = _replica.LastSequence;
        _backOff.Clear();
        _good.Clear();
        LastHolders.Clear();
        _lostSince.Clear();
        _isMoveAsked = false;
        _begun.Clear();
        BeginOrders(known);
    }

    public void Depose() => IsActive = false;

    /// <summary>Decides what the view changes, for all services at once.</summary>
    public void Reconcile(View view, TimeSpan now)
    {
        NoteEvictions(view, now);
        if (!IsActive) return;
        foreach (var leaving in _leaving) NoteLeft(leaving);
        _leaving.RemoveWhere(m => !view.Contains(m));
        _good.RemoveWhere(copy => !view.Contains(copy.Member));
        MeetMembers(view);
        var decision = Begin(view, now, $"view {view.Epoch}");
        Quarantine.Count(decision, _quarantine, (node, counter) => _left.Contains((node, counter)));
        foreach (var definition in _definitions)
        {
            var name = definition.Name;
            if (_registry.Find(name) is not null || _registry.WasRemoved(name)) continue;
            decision.Put(new ServiceEntry(definition, Configuration.NotStarted(name)));
        }

        Commit(decision, null);
    }

    /// <summary>A service's primary asks to take a provider in or out; void in any other version.</summary>
    public void OnInSyncWanted(MemberId from, ReplicationMessage.InSyncWanted wanted, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(wanted.Service) is not { } entry) return;
        if (entry.Definition.IsExclusive) return;
        var (present, provider) = (entry.Configuration, wanted.Provider);
        if (present.Version != wanted.Version || present.Primary != from || provider.Member == from) return;
        var others = present.InSync.Where(p => p.Member.Node != provider.Member.Node);
        var words = $"{from.Node} gives {provider.Member} up: {wanted.Reason?.ToString() ?? "it does not keep up"}";
        var left = entry.Left.RemoveAll(departure => departure.Node == provider.Member.Node);
        if (!wanted.IsIncluded && wanted.Reason is { } reason && present.IsInSync(provider.Member))
        {
            left = left.Add(new Departure(provider.Member.Node, provider.Disk, reason));
        }

        if (wanted.IsIncluded)
        {
            if (!view.Contains(provider.Member) || present.IsInSync(provider.Member)) return;
            var isWanted = entry.Placement.Contains(provider.Member.Node);
            if (isWanted) others = others.Append(provider);
            words = $"{provider.Member} is brought up";
        }

        var decision = Begin(view, now, words);
        // What was brought up anew because it differed is looked at again.
        var isResync = wanted.IsIncluded && entry.Left.Any(
            departure => departure.Node == provider.Member.Node && departure.Reason.Cause == LeaveCause.StateDiffered);
        if (isResync) entry = entry with { Audits = entry.Audits.Ask() };
        // Without a change of the set the version still grows: that ends a joining mark which holds up commits.
        decision.Grow(wanted.Service);
        ImmutableArray<Provider> inSync = [.. others.OrderBy(p => p.Member)];
        decision.Put(entry with { Configuration = present with { InSync = inSync }, Left = left });
        Commit(decision, wanted.Service);
    }

    /// <summary>A node is about to leave: its primaries go to in-sync providers elsewhere.</summary>
    public void OnHandOverWanted(MemberId from, View view, TimeSpan now)
    {
        if (!IsActive || !view.Contains(from) || !_leaving.Add(from)) return;
        Commit(Begin(view, now, $"{from.Node} is leaving"), null);
    }

    /// <summary>A primary that was ordered to freeze has nothing in flight any more.</summary>
    public void OnFrozen(MemberId from, ReplicationMessage.Frozen frozen, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(frozen.Service) is not { Operation.Stage: OperationStage.Freeze } entry) return;
        if (entry.Configuration.Version != frozen.Version || entry.Configuration.Primary != from) return;
        // Said of a freeze that was given up since: then the primary may have gone on, and acknowledged more.
        var since = _frozenAt.GetValueOrDefault(frozen.Service, _firstSequence);
        if (frozen.Sequence != 0 && frozen.Sequence < since) return;
        _drained[frozen.Service] = frozen.Version;
        Commit(Begin(view, now, $"{frozen.Service} is drained"), frozen.Service);
    }

    /// <summary>Gives up what has taken too long, and begins again what was given up.</summary>
    public void Tick(View view, TimeSpan now)
    {
        if (!IsActive) return;
        AskAudits(view, now);
        var elapsed = Elapsed(now);
        WatchFailing(view, now);
        BeginLineages(view, now);
        StartAwaited(view, now);
        WatchMove(view, now, elapsed);
        Remember(now);
        foreach (var name in _registry.UnderWay.ToList())
        {
            if (_registry.Find(name)?.Operation is not { } operation) continue;
            if (!GroupPlanner.IsOverdue(operation, elapsed, _profile)) continue;
            _backOff[name] = elapsed + _profile.Silence;
            Commit(Begin(view, now, $"the switchover took too long: {operation.Cause}"), name);
        }

        foreach (var name in _backOff.Where(b => b.Value <= elapsed).Select(b => b.Key).ToList())
        {
            _backOff.Remove(name);
            Commit(Begin(view, now, "another attempt"), name);
        }

        FillVacant(view, now);
    }

    /// <summary>How long RMs have been active since the cluster formed: the time of budgets and of history.</summary>
    private TimeSpan Elapsed(TimeSpan now) => _elapsedAtActivation + (now - _activatedAt);

    private Decision Begin(View view, TimeSpan now, string cause) =>
        new(_registry, view, _leaving, Elapsed(now), cause)
        {
            Self = Self,
            Position = _replica.LastSequence,
            PhasesOfLoss = member => PhasesOfLoss(member, now),
            IsDrained = name => _drained.TryGetValue(name, out var version)
                && _registry.Find(name)?.Configuration.Version == version,
            IsBackingOff = _backOff.ContainsKey,
            HasEnded = entry => LastHolders.HaveEnded(entry, view, now),
            HasGoodCopy = (name, member) => _good.Contains((name, member)),
            IsFenced = name => IsFenced(name, now),
            AwaitsHosts = AwaitsHosts(view, now),
        };

    private void Commit(Decision decision, ServiceName only) => Commit(decision, [only]);

    /// <summary>
    /// Plans the RM, and the groups of these services or all; what changes is one checkpoint.
    /// </summary>
    private void Commit(Decision decision, IReadOnlyCollection<ServiceName>? only)
    {
        if (Plan(decision, only) is not { IsEmpty: false } change) return;
        var checkpoint = _registry.Change(change, _replica.LastSequence + 1);
        _uncommitted.Enqueue((_replica.Append(OnceOnlyState.Wrap(checkpoint)), change));
    }

    private RegistryChange Plan(Decision decision, IReadOnlyCollection<ServiceName>? only)
    {
        PlanMove(decision);
        var groups = only?.Where(name => name != Registry.Name).Select(_registry.Groups.Of)
            .DistinctBy(group => group[0]) ?? decision.Groups.All;
        ConfigurationPlanner.Plan(decision, groups, _profile, _mutations);
        var change = decision.ToChange();
        foreach (var entry in change.Services)
        {
            if (entry.Operation is { Stage: OperationStage.Freeze })
            {
                _frozenAt[entry.Definition.Name] = _replica.LastSequence + 1; // Where this decision will be.
                continue;
            }

            _drained.Remove(entry.Definition.Name);
            _frozenAt.Remove(entry.Definition.Name);
        }

        return change;
    }
}
