using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// What the history says of a change beyond the decision: how long it took to find and to agree on its cause, and when
/// and with what the new primary began.
/// </summary>
public sealed partial class ReplicaManager
{
    /// <summary>The most members whose end is remembered for the history.</summary>
    private const int MostGone = 64;

    private readonly SortedDictionary<MemberId, (TimeSpan Accused, TimeSpan? Evicted)> _gone = [];
    private readonly SortedDictionary<ServiceName, (Beginning Beginning, TimeSpan At)> _begun = [];
    private TimeSpan _rememberedAt;

    /// <summary>
    /// A member was accused. Heard on every node, as any may be the next RM's. An accusation that came to nothing long
    /// ago is no part of what happens now.
    /// </summary>
    public void NoteAccused(MemberId member, TimeSpan now)
    {
        if (_gone.TryGetValue(member, out var known) && now - known.Accused < _profile.Silence * 4) return;
        _gone[member] = (now, null);
        if (_gone.Count > MostGone) _gone.Remove(_gone.MinBy(gone => gone.Value.Accused).Key);
    }

    /// <summary>A primary serves. It is written down with others a heartbeat later.</summary>
    public ImmutableArray<Beginning> OnTakenOver(ReplicationMessage.TakenOver taken, TimeSpan now)
    {
        if (!IsActive) return [];
        List<Beginning> noted = [];
        foreach (var each in taken.Services)
        {
            if (_registry.FindChange(each.Service, each.Version) is not { Position: null }) noted.Add(each);
            else _begun.TryAdd(each.Service, (each, Elapsed(now)));
        }

        return [.. noted];
    }

    private void NoteEvictions(View view, TimeSpan now)
    {
        foreach (var (member, gone) in _gone.ToList())
        {
            if (gone.Evicted is null && !view.Contains(member)) _gone[member] = gone with { Evicted = now };
        }
    }

    private ImmutableArray<HistoryPhase> PhasesOfLoss(MemberId member, TimeSpan now) =>
        _gone.TryGetValue(member, out var gone) && gone.Evicted is { } evicted
            ?
            [
                new HistoryPhase(HistoryPhase.Agree, evicted - gone.Accused),
                new HistoryPhase(HistoryPhase.Decide, now - evicted),
            ]
            : [];

    /// <summary>Completes the changes that primaries told of, in one checkpoint. It orders nothing.</summary>
    private void Remember(TimeSpan now)
    {
        if (_begun.Count == 0 || IsFrozen || now - _rememberedAt < _profile.Heartbeat) return;
        _rememberedAt = now;
        List<HistoryEntry> history = [];
        foreach (var (begun, at) in _begun.Values)
        {
            if (_registry.FindChange(begun.Service, begun.Version) is not { Position: null } change) continue;
            var took = at > change.At ? at - change.At : TimeSpan.Zero;
            history.Add(change with
            {
                Position = begun.Position,
                Phases = change.Phases.Add(new HistoryPhase(HistoryPhase.TakeOver, took)),
            });
        }

        _begun.Clear();
        if (history.Count == 0) return;
        var completed = new RegistryChange([], [], [], null, history, Elapsed(now));
        _replica.Append(OnceOnlyState.Wrap(_registry.Change(completed, _replica.LastSequence + 1)));
    }
}
