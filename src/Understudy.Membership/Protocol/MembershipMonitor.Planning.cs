using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>Who shall leave and who shall come: one cut for a burst of failures (agreement.md 2.4).</summary>
public sealed partial class MembershipMonitor
{
    private readonly SortedDictionary<(NodeId, NodeId), TimeSpan> _cutLinks = [];
    private readonly SortedDictionary<NodeId, List<TimeSpan>> _evictedForSilence = [];
    private TimeSpan? _stableSince;
    private TimeSpan _noteLinksAt;

    /// <summary>What the next view changes.</summary>
    private sealed record Plan(List<MemberId> Evicted, List<Member> Admitted, AttachmentChange? Change)
    {
        public override string ToString()
        {
            var parts = Evicted.Select(m => $"without {m}").Concat(Admitted.Select(m => $"with {m.Id}"));
            return string.Join(", ", Change is null ? parts : parts.Append($"{Change}"));
        }
    }

    /// <returns>The change that is due, or null if none is, or if it would leave no quorum of voters in.</returns>
    private Plan? MakePlan(View view)
    {
        var evicted = DueEvictions(view);
        var admitted = DueAdmissions(view, evicted);
        if (evicted.Count == 0 && admitted.Count == 0 && _wantedChange is null) return null;
        var voters = 0;
        foreach (var acceptor in view.Acceptors)
        {
            var stays = view.MemberOn(acceptor.Node) is { } member && !evicted.Contains(member.Id);
            if (stays || admitted.Any(m => m.Id.Node == acceptor.Node)) voters++;
        }

        return voters < view.Quorum ? null : new Plan(evicted, admitted, _wantedChange);
    }

    private List<MemberId> DueEvictions(View view)
    {
        var accusations = Accusations(view);
        var areLinksDue = _cutLinks.Count > 0 || _now >= _noteLinksAt;
        if (accusations.Count == 0 && !areLinksDue)
        {
            _stableSince = null;
            return [];
        }

        var verdicts = CutDetector.Judge(view, accusations);
        var stable = verdicts.Where(v => v.IsStable).ToList();
        List<MemberId> evicted = [];
        if (stable.Count == 0)
        {
            _stableSince = null;
        }
        else
        {
            _stableSince ??= _now;
            if (_now - _stableSince.Value >= SettleTime(view, verdicts))
                evicted.AddRange(stable.Select(v => v.Subject));
        }

        foreach (var unreachable in DueDisconnections(view, stable))
        {
            if (!evicted.Contains(unreachable)) evicted.Add(unreachable);
        }

        return evicted;
    }

    /// <summary>
    /// How long a cut waits for others to join it: not at all when everyone agrees on a crash; a heartbeat when
    /// silences, which are spread by at most that, are part of it, or somebody is about to be replaced by his newer
    /// incarnation; a little longer while somebody is half accused,
    /// or when the side that evicts the RM's primary on silence alone might be the wrong one (H13).
    /// </summary>
    private TimeSpan SettleTime(View view, List<Verdict> verdicts)
    {
        var hasSilence = verdicts.Any(v => v.IsStable && v.Evidence >= EvidenceClass.Silent);
        var isHalfway = verdicts.Any(v => !v.IsStable || !v.IsUnanimous);
        var mustWait = hasSilence || isHalfway || AwaitsReturn(view, verdicts);
        var settle = mustWait ? _options.Profile.Heartbeat * 1.1 : TimeSpan.Zero;
        var evictsFavoured = hasSilence && view.Members.Length == 2 + Witnesses(view) &&
            verdicts.Any(v => v.IsStable && v.Subject.Node == _policy.Favoured);
        return evictsFavoured ? settle + _options.Profile.Silence * 0.2 : settle;
    }

    /// <summary>
    /// Whether a newer incarnation of someone who goes is here and not yet due: then one view shall do both.
    /// </summary>
    private bool AwaitsReturn(View view, List<Verdict> verdicts)
    {
        var stays = view.Members.Where(m => !verdicts.Any(v => v.IsStable && v.Subject == m.Id)).ToList();
        foreach (var verdict in verdicts)
        {
            if (!verdict.IsStable || !_peers.TryGetValue(verdict.Subject.Node, out var peer)) continue;
            var isNewer = peer.Identity?.Member.Incarnation.Counter > verdict.Subject.Incarnation.Counter;
            if (isNewer && !IsDue(peer, view, stays)) return true;
        }

        return false;
    }

    private static int Witnesses(View view) => view.Members.Count(m => m.Kind == NodeKind.Witness);

    /// <summary>
    /// What each voter of the view holds: this one's own, and the latest heartbeats of those it hears.
    /// </summary>
    private List<(NodeId Voter, Accusation Accusation)> Accusations(View view)
    {
        List<(NodeId, Accusation)> accusations = [];
        if (!_detector.IsAccusing && !_peers.Values.Any(p => p.Accused.Length > 0)) return accusations;
        foreach (var accusation in _detector.Accused) accusations.Add((_self.Node, accusation));
        foreach (var peer in _peers.Values)
        {
            if (!peer.Option.IsVoter || view.MemberOn(peer.Option.Id) is null || !_detector.Hears(peer, _now)) continue;
            foreach (var accusation in peer.Accused) accusations.Add((peer.Option.Id, accusation));
        }

        return accusations;
    }

    /// <summary>
    /// Members that a link which stays down forces out, though no majority accuses them. Who hears no quorum has no
    /// rows to judge by, and would put itself out: it forgets what it knew of links until it hears one again.
    /// </summary>
    private List<MemberId> DueDisconnections(View view, List<Verdict> stable)
    {
        if (_detector.IsSelfSuspect(view, _now))
        {
            _cutLinks.Clear();
            return [];
        }

        var members = view.Members.Where(m => !stable.Any(v => v.Subject == m.Id)).ToList();
        var voters = members.Where(m => m.Kind != NodeKind.NonVoter).Select(m => m.Id.Node).ToList();
        NoteLinks(members);
        if (_cutLinks.Count == 0) return [];

        bool IsCut(NodeId a, NodeId b) =>
            _cutLinks.TryGetValue(Link(a, b), out var since) && _now - since > _options.Profile.FullConnectivity;

        if (!_cutLinks.Any(link => _now - link.Value > _options.Profile.FullConnectivity)) return [];
        var clique = Connectivity.BestClique(
            voters, (i, j) => !IsCut(voters[i], voters[j]), view.Quorum, _policy.Favoured);
        if (clique.Count == 0) return [];
        return
        [
            .. members.Where(m => m.Kind == NodeKind.NonVoter
                ? clique.Any(voter => IsCut(voter, m.Id.Node))
                : !clique.Contains(m.Id.Node)).Select(m => m.Id),
        ];
    }

    /// <summary>Once a heartbeat, as rows come no more often.</summary>
    private void NoteLinks(List<Member> members)
    {
        if (_now < _noteLinksAt) return;
        _noteLinksAt = _now + _options.Profile.Heartbeat;
        for (var i = 0; i < members.Count; i++)
        {
            for (var j = i + 1; j < members.Count; j++)
            {
                var (a, b) = (members[i], members[j]);
                var isWatched = a.Kind != NodeKind.NonVoter || b.Kind != NodeKind.NonVoter;
                if (isWatched && !IsLinked(a.Id.Node, b.Id.Node)) _cutLinks.TryAdd(Link(a.Id.Node, b.Id.Node), _now);
                else if (_cutLinks.Count > 0) _cutLinks.Remove(Link(a.Id.Node, b.Id.Node));
            }
        }

        if (_cutLinks.Count == 0) return;
        var known = members.Select(m => m.Id.Node).ToHashSet();
        foreach (var link in _cutLinks.Keys.Where(l => !known.Contains(l.Item1) || !known.Contains(l.Item2)).ToList())
        {
            _cutLinks.Remove(link);
        }
    }

    private static (NodeId, NodeId) Link(NodeId a, NodeId b) => a.CompareTo(b) < 0 ? (a, b) : (b, a);

    private bool IsLinked(NodeId a, NodeId b) => HasInRow(a, b) && HasInRow(b, a);

    /// <summary>
    /// Whether the node's latest row says it hears the other. A node without a row says nothing against.
    /// </summary>
    private bool HasInRow(NodeId node, NodeId other)
    {
        if (node == _self.Node) return _detector.Hears(_peers[other], _now);
        var peer = _peers[node];
        if (!_detector.Hears(peer, _now) || peer.Heartbeat is not { } heartbeat) return true;
        return heartbeat.Heard.Contains(other);
    }

    private List<Member> DueAdmissions(View view, List<MemberId> evicted)
    {
        List<Member> admitted = [];
        if (evicted.Count == 0 && view.Members.Length == _options.Nodes.Length) return admitted;
        var stays = view.Members.Where(m => !evicted.Contains(m.Id)).ToList();
        if (view.MemberOn(_self.Node)?.Id is { } mine && mine != _self && evicted.Contains(mine) &&
            _self.Incarnation.Counter > view.FloorOf(_self.Node))
        {
            admitted.Add(new Member(_self, _disk, _options.Find(_self.Node)!.Kind));
        }

        foreach (var peer in _peers.Values)
        {
            if (stays.Any(m => m.Id.Node == peer.Option.Id)) continue;
            if (IsDue(peer, view, stays))
                admitted.Add(new Member(peer.Identity!.Member, peer.Identity.Disk, peer.Option.Kind));
        }

        return admitted;
    }

    /// <summary>
    /// A newcomer is due when it has asked, is not buried, and has reached every voter of the view, both ways, for
    /// as long as its node's history of flapping demands.
    /// </summary>
    private bool IsDue(Peer peer, View view, List<Member> stays)
    {
        var asks = peer.Heartbeat is { } heartbeat && (!heartbeat.IsMember || !Allows(Mutation.NoTombstone));
        var isBuried = Allows(Mutation.NoTombstone) &&
            peer.Identity?.Member.Incarnation.Counter <= view.FloorOf(peer.Option.Id);
        if (!asks || isBuried || !_detector.Hears(peer, _now) || !ReachesAll(peer, stays))
        {
            peer.ReachingSince = null;
            return false;
        }

        peer.ReachingSince ??= _now;
        return _now - peer.ReachingSince.Value >= HoldDown(peer.Option.Id);
    }

    private bool ReachesAll(Peer peer, List<Member> stays)
    {
        foreach (var member in stays)
        {
            var node = member.Id.Node;
            if (member.Kind == NodeKind.NonVoter || node == peer.Option.Id) continue;
            if (!peer.Heartbeat!.Heard.Contains(node) || !HasInRow(node, peer.Option.Id)) return false;
        }

        return true;
    }

    /// <summary>Nothing for the first eviction for silence in a minute; then 1 s, doubling, up to a minute.</summary>
    private TimeSpan HoldDown(NodeId node)
    {
        if (!_evictedForSilence.TryGetValue(node, out var evictions)) return TimeSpan.Zero;
        evictions.RemoveAll(at => _now - at > FlapMemory);
        return evictions.Count < 2
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(60, 1 << Math.Min(6, evictions.Count - 2)));
    }

    private void NoteEvictions(View before, View after)
    {
        foreach (var member in before.Members)
        {
            if (after.Contains(member.Id)) continue;
            var evidence = _detector.AgainstOrNull(member.Id);
            if (evidence is not (null or EvidenceClass.Silent or EvidenceClass.Stuck)) continue;
            if (!_evictedForSilence.TryGetValue(member.Id.Node, out var list))
                _evictedForSilence[member.Id.Node] = list = [];
            list.Add(_now);
        }
    }

    /// <summary>The heir first, then in order of node; those who are accused lose their place.</summary>
    private int PlaceInLine(View view, Plan? plan)
    {
        var place = 0;
        foreach (var member in view.Members.OrderByDescending(m => m.Id == view.Heir))
        {
            if (member.Kind == NodeKind.NonVoter) continue;
            if (member.Id.Node == _self.Node) return place;
            var isGoing = plan?.Evicted.Contains(member.Id) ?? false;
            if (!isGoing && _detector.Hears(_peers[member.Id.Node], _now)) place++;
        }

        return place;
    }

    private static readonly TimeSpan FlapMemory = TimeSpan.FromMinutes(1);
}
