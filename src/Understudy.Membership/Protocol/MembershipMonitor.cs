using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>What a node remembers of the views it was in: read from disk when it starts.</summary>
/// <param name="Disk">The store that it is on.</param>
/// <param name="View">The latest view that was written, or null on a blank disk.</param>
/// <param name="Acceptor">The voter's record, or null on a blank disk.</param>
public sealed record StoredMembership(DiskId Disk, View? View, AcceptorRecord? Acceptor)
{
    public const string ViewKey = "membership.view";
    public const string AcceptorKey = "membership.acceptor";
}

/// <summary>
/// The CMM (FIG 2, 210): agrees with its peers on the chain of views. It watches the other nodes, gathers evidence
/// into one cut, and decides the next view by Paxos among the voters of the last one (agreement.md 2). Any voter may
/// propose; the heir that the last view names does it in one round trip.
/// </summary>
public sealed partial class MembershipMonitor
{
    private readonly MembershipOptions _options;
    private readonly MemberId _self;
    private readonly DiskId _disk;
    private readonly IAttachmentPolicy _policy;
    private readonly SeededRandom _random;
    private readonly Mutation _mutations;
    private readonly SortedDictionary<NodeId, Peer> _peers = [];
    private readonly FailureDetector _detector;
    private readonly Leases _leases;
    private readonly Fences _fences = new();
    private readonly ViewAcceptor _acceptor;
    private List<MembershipEffect> _effects = [];
    private TimeSpan _now;
    private bool _wasMember;
    private bool _isLeaving;
    private bool _mustConsider;

    public MembershipMonitor(
        MembershipOptions options,
        MemberId self,
        StoredMembership stored,
        IAttachmentPolicy policy,
        SeededRandom random,
        Mutation mutations = Mutation.None)
    {
        _options = options;
        _self = self;
        _disk = stored.Disk;
        _policy = policy;
        _random = random;
        _mutations = mutations;
        foreach (var node in options.Nodes)
        {
            if (node.Id != self.Node) _peers[node.Id] = new Peer(node);
        }

        _detector = new FailureDetector(options, self, _peers);
        _leases = new Leases(options.Profile);
        _acceptor = stored.Acceptor is { } record ? new ViewAcceptor(record) : ViewAcceptor.Blank();
        _durableWriteCounter = _acceptor.Record.WriteCounter;
        View = stored.View;
        if (View is not null) _acceptor.MoveTo(View.Epoch.Next);
        // Accepted before the restart and perhaps chosen: drive that instance to its end.
        _acceptedSince = _acceptor.HasAccepted ? TimeSpan.Zero : null;
        _mustRecover = View is not null && _acceptor.Record.WriteCounter > 0;
    }

    /// <summary>The latest view this node has learned, whether it is in it or not; null while it is blank.</summary>
    public View? View { get; private set; }

    /// <summary>Whether this incarnation is in the latest view.</summary>
    public bool IsMember => View is { } view && Admits(view, _self);

    /// <summary>Until when this member may act, on its own clock; zero without a lease.</summary>
    public TimeSpan LeaseUntil => View is { } view && IsMember ? _leases.HeldUntil(view) : TimeSpan.Zero;

    /// <summary>
    /// Whether a node can be reached: its channel is up and it was heard within the silence limit. Two non-voters do
    /// not watch each other, so between them the channel alone says it.
    /// </summary>
    public bool Hears(NodeId node, TimeSpan now)
    {
        if (node == _self.Node) return true;
        if (!_peers.TryGetValue(node, out var peer)) return false;
        return IsVoter || peer.Option.IsVoter ? _detector.Hears(peer, now) : peer.IsUp;
    }

    /// <summary>Who is at the other end of the channel to a node, or null.</summary>
    public MemberId? PeerOn(NodeId node) => _peers.GetValueOrDefault(node)?.Identity?.Member;

    /// <summary>Whether the present incarnation of a peer has asked to be admitted.</summary>
    public bool IsJoining(NodeId node) => _peers.GetValueOrDefault(node)?.Heartbeat is { IsMember: false };

    /// <summary>Whether the fence of an evicted member still runs.</summary>
    public bool IsFenced(MemberId member) => _fences.IsRunning(member);

    /// <summary>What this node knows of an evicted member's fence.</summary>
    public FenceState FenceOf(MemberId member) => _fences.StateOf(member);

    /// <summary>Until when an evicted member may hold a lease, on this clock; null if not known or over.</summary>
    public TimeSpan? FenceUntil(MemberId member) => _fences.Until(member);

    public void Step(TimeSpan now, MembershipInput input, List<MembershipEffect> effects)
    {
        _now = now;
        _effects = effects;
        // A message changes what is due only in the cases that say so.
        _mustConsider = input is not MembershipInput.Received;
        switch (input)
        {
            case MembershipInput.Tick tick: OnTick(tick); break;
            case MembershipInput.ChannelUp up: OnChannelUp(up); break;
            case MembershipInput.ChannelLost lost: OnChannelLost(lost.Peer); break;
            case MembershipInput.ProbeFailed failed: OnProbeFailed(failed.Peer); break;
            case MembershipInput.Received received: OnReceived(received.From, received.Message); break;
            case MembershipInput.ChangeWanted wanted: _wantedChange = wanted.Change; break;
            case MembershipInput.ChangeWithdrawn { Change: var change }:
                if (_wantedChange == change) _wantedChange = null;
                break;
            case MembershipInput.CurrencyWanted wanted: AskCurrency(wanted.Token, wanted.Version); break;
            case MembershipInput.LeaveRequested: OnLeaveRequested(); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }

        if (!_mustConsider) return;
        _mustConsider = false;
        Consider();
    }

    private void OnReceived(MemberId from, MembershipMessage message)
    {
        if (from != _self)
        {
            // A message of an incarnation whose channel is gone is late: what it says may no longer be true.
            if (!_peers.TryGetValue(from.Node, out var peer) || peer.Identity?.Member != from) return;
            peer.LastHeard = _now;
        }

        switch (message)
        {
            case MembershipMessage.Heartbeat heartbeat: OnHeartbeat(from, heartbeat); break;
            case MembershipMessage.HeartbeatAnswer answer: OnHeartbeatAnswer(from, answer); break;
            case MembershipMessage.Prepare prepare: OnPrepare(from, prepare); break;
            case MembershipMessage.Promise promise: OnPromise(from, promise); break;
            case MembershipMessage.Accept accept: OnAccept(from, accept); break;
            case MembershipMessage.Accepted accepted: OnAccepted(from, accepted); break;
            case MembershipMessage.Refused refused: OnRefused(refused); break;
            case MembershipMessage.Decided decided: OnDecided(decided); break;
            case MembershipMessage.PullView pull: OnPullView(from, pull); break;
            case MembershipMessage.Leave: OnLeave(from); break;
            case MembershipMessage.CurrencyAsked asked: OnCurrencyAsked(from, asked); break;
            case MembershipMessage.CurrencyAnswered answered: OnCurrencyAnswered(from, answered); break;
            case MembershipMessage.RecordsDurable durable: OnRecordsDurable(durable); break;
            default: throw new UnreachableException($"Unknown message {message}.");
        }
    }

    /// <summary>The one place where a view becomes this node's latest.</summary>
    private void Learn(View view, bool isConfirmed, Func<MemberId, TimeSpan> fenceOf)
    {
        if (View is { } latest)
        {
            if (view.Epoch <= latest.Epoch)
            {
                Invariant.Holds(
                    view.Epoch != latest.Epoch || view.Hash == latest.Hash,
                    $"OneView: two views of epoch {view.Epoch} were chosen");
                return;
            }

            Invariant.Holds(
                view.Epoch != latest.Epoch.Next || view.PreviousHash == latest.Hash,
                $"OneView: view {view.Epoch} does not follow the view before it");
            StartFences(latest, view, fenceOf);
            NoteEvictions(latest, view);
        }
        else
        {
            _effects.Add(new MembershipEffect.JoinCluster(view.Cluster));
        }

        _mustConsider = true;
        View = view;
        _acceptor.MoveTo(view.Epoch.Next);
        _proposal = null;
        _cutSince = null;
        _stableSince = null;
        _acceptedSince = null;
        _retryAt = TimeSpan.Zero;
        _detector.Installed(view);
        _effects.Add(new MembershipEffect.Persist(StoredMembership.ViewKey, MembershipCodec.EncodeView(view)));
        foreach (var member in view.Members)
        {
            // A newcomer's silence begins now, not with a channel of long ago.
            if (_peers.TryGetValue(member.Id.Node, out var peer) && !peer.IsUp) peer.LastHeard = _now;
        }

        Settle(view, isConfirmed);
        BeatAll();
    }

    private void Settle(View view, bool isConfirmed)
    {
        if (Admits(view, _self))
        {
            _wasMember = true;
            _effects.Add(new MembershipEffect.Install(view, isConfirmed));
        }
        else if (_wasMember || (view.FloorOf(_self.Node) >= _self.Incarnation.Counter && Allows(Mutation.NoTombstone)))
        {
            if (_wasMember && !Allows(Mutation.NoTombstone)) return;
            _effects.Add(new MembershipEffect.Evict(view));
        }
    }

    private void StartFences(View before, View after, Func<MemberId, TimeSpan> fenceOf)
    {
        foreach (var member in before.Members)
        {
            if (after.Contains(member.Id)) continue;
            var fence = Allows(Mutation.NoLeaseFence) ? fenceOf(member.Id) : TimeSpan.Zero;
            _fences.Start(member.Id, _now + fence);
        }
    }

    /// <summary>True unless the rule is switched off by a test.</summary>
    private bool Allows(Mutation rule) => (_mutations & rule) == 0;

    private bool Admits(View view, MemberId member) =>
        Allows(Mutation.NoIncarnation) ? view.Contains(member) : view.MemberOn(member.Node) is not null;

    private bool IsAcceptor(View view) => view.AcceptorOn(_self.Node)?.Disk == _disk;

    private void Send(MemberId to, MembershipMessage message, bool isDurable = false) =>
        _effects.Add(new MembershipEffect.Send(to, message, isDurable));

    private void SendTo(NodeId node, MembershipMessage message)
    {
        if (node == _self.Node) Send(_self, message);
        else if (_peers.GetValueOrDefault(node)?.Identity is { } identity) Send(identity.Member, message);
    }
}
