using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>What the node publishes.</summary>
public sealed partial class Node
{
    private TimeSpan? _explainedAt;
    private string? _firstReason;

    /// <summary>A snapshot of what this node knows, at this time of its clock.</summary>
    public NodeStatus Status(TimeSpan now)
    {
        ImmutableArray<PeerStatus> peers = [.. _options.Nodes.Select(node => new PeerStatus(
            node.Id,
            node.Kind,
            node.Id == _self.Node ? _self : _membership.PeerOn(node.Id),
            _membership.Hears(node.Id, now),
            node.Id == _self.Node ? !IsMember : _membership.IsJoining(node.Id),
            View?.MemberOn(node.Id) is not null))];
        return new NodeStatus(
            _self,
            View,
            IsMember,
            _stoppingSince is not null,
            LeaseUntil,
            peers.Count(p => p.Kind != NodeKind.NonVoter && p.IsHeard),
            _selection.Outcome,
            Map,
            [
                .. _workers.Values.Where(w => w.IsRunning).Select(w => w.Definition.Name),
                .. _services.Values.Where(s => s.Replica.IsServing && s.StartAnewAt is null)
                    .Select(s => s.Definition.Name),
            ],
            _joining.ToImmutableSortedDictionary(),
            peers)
        {
            History = History,
            Vacant = VacantServices(now),
            Aside = [.. _aside],
            Explain = status => StatusReasons.For(status, _options, now),
            Uncommitted = _services.Values
                .Where(s => s.Definition.IsPeriodic && s.Replica.UncommittedSince is not null)
                .ToImmutableSortedDictionary(s => s.Definition.Name, s => now - s.Replica.UncommittedSince!.Value),
        };
    }

    /// <summary>What is not as wanted, in a word for many clients at one time.</summary>
    private string? FirstReason()
    {
        if (_explainedAt != _now) _firstReason = Status(_now).Reasons.FirstOrDefault();
        _explainedAt = _now;
        return _firstReason;
    }
}
