using System.Collections.Immutable;
using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Selection.Protocol;

/// <summary>
/// The RMM (FIG 2, 208): chooses where the RM's primary runs by direct exchange of ranks, FIG 4, 6 and 7 with the
/// repairs of DESIGN 5. A turn of the node's loop is the patent's local lock on the candidate variable (402, 608).
/// </summary>
public sealed partial class PrimarySelection(
    MemberId self, DiskId disk, ISealableLog log, RmAttachmentPolicy policy, Profile profile, Mutation mutations)
{
    private readonly SortedSet<NodeId> _yielded = [];
    private readonly SortedSet<MemberId> _announcedTo = [];
    private readonly SortedDictionary<MemberId, SelectionMessage> _held = [];
    private List<SelectionEffect> _effects = [];
    private TimeSpan _now;
    private View? _view;
    private RmConfiguration? _configuration;
    private ImmutableArray<Member> _eligible = [];
    private Rank _rank;
    private (MemberId Member, Rank Rank)? _candidate;
    private bool _isCampaigning;
    private TimeSpan? _confirmedSince;
    private TimeSpan _askAt;
    private ConfigurationVersion _activeVersion;
    private MemberId? _winner;

    /// <summary>The published outcome, or null before the first view.</summary>
    public SelectionOutcome? Outcome =>
        _configuration is { } configuration ? new(configuration, _candidate?.Member, _winner) : null;

    /// <summary>Whether this node is the activated, undeposed primary of the latest version it knows.</summary>
    public bool IsPrimary => _configuration is { } c && _activeVersion == c.Version && c.Version.Value > 0;

    private bool IsInSync => _configuration is { } c && c.IsInSync(self.Node, disk);

    /// <summary>Before the very first start nobody is in sync, and the highest-ranking spare may win.</summary>
    private bool IsFirstStart => _configuration is { InSync.IsEmpty: true };

    public void Step(TimeSpan now, SelectionInput input, List<SelectionEffect> effects)
    {
        _now = now;
        _effects = effects;
        switch (input)
        {
            case SelectionInput.ViewInstalled installed: OnViewInstalled(installed); break;
            case SelectionInput.Received received: OnReceived(received.From, received.Message); break;
            case SelectionInput.CurrencyConfirmed confirmed: OnCurrencyConfirmed(confirmed); break;
            case SelectionInput.Tick: OnTick(); break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }
    }

    private void OnViewInstalled(SelectionInput.ViewInstalled installed)
    {
        _view = installed.View;
        var configuration = SelectionCodec.DecodeConfiguration(installed.View.Attachment.Span);
        _eligible = RmAttachmentPolicy.Eligible(configuration, installed.View.Members);
        if (_configuration is { } known && configuration.Version == known.Version)
        {
            // Repair 6: a view that does not change the version disturbs nothing. Newcomers are told; a round that
            // waited for someone who has gone goes on.
            if (IsPrimary) Announce();
            else TryWin();
            return;
        }

        Invariant.Holds(
            _configuration is null || configuration.Version > _configuration.Version,
            "OnePrimary: the RM's version only grows");
        Note(401, $"{installed.View}, version {configuration.Version}");
        Enter(configuration, installed.IsConfirmed);
        ReplayHeld();
    }

    /// <summary>
    /// Steps 402-404 and 602-618: a new version voids the old round, seals the log and freezes the rank.
    /// </summary>
    private void Enter(RmConfiguration configuration, bool isConfirmed)
    {
        _configuration = configuration;
        _yielded.Clear();
        _announcedTo.Clear();
        _winner = null;
        _confirmedSince = isConfirmed && Allows(Mutation.NoCurrencyCheck) ? _now : null;
        Note(402, "the candidate is locked: one turn of the loop");
        Note(404, "requesters are held off");
        _effects.Add(new SelectionEffect.Freeze(configuration.Version));

        var isEligible = _eligible.Any(m => m.Id == self);
        var survives = IsInSync && _activeVersion.Value > 0;
        Note(602, survives ? "this node hosted the primary and survives" : "no primary was here");
        var position = log.Seal(configuration.Version);
        var keepsPrimaryEpoch = IsInSync || !Allows(Mutation.PrimaryEpochOutsideInSync);
        var primaryEpoch = keepsPrimaryEpoch ? _activeVersion : ConfigurationVersion.None;
        if (IsInSync && configuration.Preferred == new RegistryCopy(self.Node, disk))
            primaryEpoch = configuration.Version;
        _rank = new Rank(
            IsInSync,
            primaryEpoch,
            position.ReplicaEpoch,
            position.LastSequence,
            Priority: 0,
            self.Node);
        _candidate = isEligible ? (self, _rank) : null;
        NoteCandidate(survives, position);
        _isCampaigning = isEligible && (IsInSync || IsFirstStart || !Allows(Mutation.JoiningCanWin));
        if (!IsInSync && _activeVersion.Value > 0) Depose();
        _askAt = _now + PlaceInLine() * profile.Stagger;
        if (_isCampaigning && _now >= _askAt) Campaign();
    }

    /// <summary>
    /// Steps 612 and 620-624, to all at once: the expected winner first, the others only if it does not do away with
    /// them in time. So a failover with a good heir costs 3(s-1) messages for s eligible nodes.
    /// </summary>
    private void Campaign()
    {
        _askAt = _now + profile.Heartbeat; // Asked again then, should a channel break.
        var survives = _activeVersion.Value > 0;
        if (survives) Note(620, "this node hosts the primary: it considers the others");
        foreach (var member in _eligible)
        {
            if (member.Id == self) continue;
            if (_yielded.Contains(member.Id.Node))
            {
                if (survives) Note(622, $"{member.Id.Node} was reached before: it is skipped");
                continue;
            }

            Note(survives ? 624 : 612, $"{member.Id.Node} is asked to yield");
            Send(member.Id, new SelectionMessage.Disqualify(_configuration!.Version, _rank));
        }

        if (_confirmedSince is null && Allows(Mutation.NoCurrencyCheck))
        {
            _effects.Add(new SelectionEffect.AskCurrency(_configuration!.Version));
        }

        TryWin();
    }

    private void NoteCandidate(bool survives, LogPosition position)
    {
        if (survives)
        {
            Note(616, $"the candidate is {self.Node}");
            Note(618, "the candidate is unlocked");
            return;
        }

        Note(604, $"the registry here is {(IsInSync ? "in sync" : "not in sync")}, up to {position.LastSequence}");
        if (_candidate is not null) Note(606, $"the candidate is {self.Node}");
        Note(608, "the candidate is unlocked");
        if (_candidate is null || !IsInSync && !IsFirstStart) Note(610, "nothing here can win: this node asks nobody");
    }

    private int PlaceInLine()
    {
        var leading = RmAttachmentPolicy.Leading(_configuration!, _view!.Members, policy.Favoured)?.Id;
        var mayStay = _rank.PrimaryEpoch.Value > 0 && _configuration!.Preferred is null;
        if (leading == self || mayStay) return 0;
        var place = 1;
        foreach (var member in _eligible.Reverse())
        {
            if (member.Id == self) return place;
            if (member.Id != leading) place++;
        }

        return place;
    }

    private void OnTick()
    {
        if (_isCampaigning && !IsPrimary && _now >= _askAt) Campaign();
        else if (IsPrimary) Announce();
    }

    private void OnCurrencyConfirmed(SelectionInput.CurrencyConfirmed confirmed)
    {
        if (_configuration?.Version != confirmed.Version || !_isCampaigning) return;
        _confirmedSince ??= confirmed.AskedAt;
        TryWin();
    }

    /// <summary>
    /// A win needs a yield from every eligible member of the view, and that the version is the latest: silence is for
    /// the CMM to resolve, never a win (repairs 4 and 5).
    /// </summary>
    private void TryWin()
    {
        if (!_isCampaigning || IsPrimary || _candidate?.Member != self) return;
        if (_configuration is not { } configuration) return;
        var others = _eligible.Count(m => m.Id != self);
        var yielded = _eligible.Count(m => m.Id != self && _yielded.Contains(m.Id.Node));
        var isEnough = Allows(Mutation.WinWithoutEveryYield) ? yielded == others : yielded * 2 >= others;
        if (!isEnough || (_confirmedSince is null && Allows(Mutation.NoCurrencyCheck))) return;

        if (IsFirstStart)
        {
            // The first start only: the winner founds the in-sync set, and is selected again in the next version.
            _effects.Add(new SelectionEffect.WantChange(
                new InSyncAddition(configuration.Version, new RegistryCopy(self.Node, disk), self)));
            return;
        }

        _activeVersion = configuration.Version;
        _winner = self;
        policy.Favoured = self.Node;
        Note(408, $"connections are mapped to {self.Node}");
        Announce();
        Note(410, $"{self.Node} is initialised as primary");
        _effects.Add(new SelectionEffect.Activate(configuration, _view!.Epoch, _confirmedSince));
        Note(412, "requesters go on");
    }

    /// <summary>Step 408 for the others: each incarnation is told once (622).</summary>
    private void Announce()
    {
        foreach (var member in _view!.Members)
        {
            if (member.Id == self || !_announcedTo.Add(member.Id)) continue;
            Send(member.Id, new SelectionMessage.Elected(_configuration!.Version));
        }
    }

    private void Depose()
    {
        if (_activeVersion.Value == 0) return;
        var version = _activeVersion;
        _activeVersion = ConfigurationVersion.None;
        _effects.Add(new SelectionEffect.Depose(version));
    }

    private bool Allows(Mutation rule) => (mutations & rule) == 0;

    private void Send(MemberId to, SelectionMessage message) => _effects.Add(new SelectionEffect.Send(to, message));

    private void Note(int step, string what) => _effects.Add(new SelectionEffect.NoteStep(step, what));
}
