using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Selection.Protocol;

/// <summary>FIG 7 at the callee, and the answers to a campaign.</summary>
public sealed partial class PrimarySelection
{
    private void OnReceived(MemberId from, SelectionMessage message)
    {
        if (_view is null || _configuration is not { } configuration) return;
        var isVersioned = Allows(Mutation.NoVersionOnDisqualify) || message is not SelectionMessage.Disqualify;
        if (isVersioned && message.Version > configuration.Version)
        {
            Hold(from, message);
            return;
        }

        if (isVersioned && message.Version < configuration.Version)
        {
            if (message is SelectionMessage.Disqualify) Send(from, new SelectionMessage.Stale(configuration.Version));
            return;
        }

        if (!_view.Contains(from)) return;
        switch (message)
        {
            case SelectionMessage.Disqualify disqualify: OnDisqualify(from, disqualify); break;
            case SelectionMessage.Yield: OnYield(from); break;
            case SelectionMessage.Higher higher: OnHigher(higher); break;
            case SelectionMessage.Stale: break; // The views that make this node's version stale are on their way.
            case SelectionMessage.Elected: OnElected(from); break;
            default: throw new UnreachableException($"Unknown message {message}.");
        }
    }

    /// <summary>
    /// Its view is on its way here; then this counts (repair 1). Of what one node said, the newest version counts, and
    /// of one version the first message: who asks this node cannot win before it is answered.
    /// </summary>
    private void Hold(MemberId from, SelectionMessage message)
    {
        if (_held.TryGetValue(from, out var held) && held.Version >= message.Version) return;
        _held[from] = message;
    }

    private void ReplayHeld()
    {
        var held = _held.ToList();
        _held.Clear();
        foreach (var (from, message) in held) OnReceived(from, message);
    }

    /// <summary>
    /// Steps 702-706 as one atomic step: raise the candidate and yield, or answer with the higher one. The yield is
    /// the seal too. The present candidate's question is answered by the same yield, however often it comes (R4).
    /// </summary>
    private void OnDisqualify(MemberId from, SelectionMessage.Disqualify disqualify)
    {
        if (_candidate is not { } candidate) return;
        var isRepeated = candidate.Member == from && Allows(Mutation.NoRepeatedYield);
        if (!isRepeated && disqualify.Rank <= candidate.Rank)
        {
            Send(from, new SelectionMessage.Higher(_configuration!.Version, candidate.Member, candidate.Rank));
            if (_isCampaigning && !IsPrimary && candidate.Member == self) Campaign();
            return;
        }

        Note(702, $"{from.Node} locks the candidate: one turn of the loop");
        Note(704, isRepeated ? $"the candidate is {from.Node} already" : $"the candidate is raised to {from.Node}");
        _candidate = (from, disqualify.Rank);
        _isCampaigning = false; // Disqualified: this node sends nothing more in this round (614).
        Depose();
        var position = log.Position;
        Note(706, $"the candidate is unlocked, {self.Node} yields");
        Send(from, new SelectionMessage.Yield(disqualify.Version, position.ReplicaEpoch, position.LastSequence));
    }

    private void OnYield(MemberId from)
    {
        if (!_isCampaigning) return;
        if (_yielded.Add(from.Node)) Note(614, $"{from.Node} yields: its rank is not higher");
        TryWin();
    }

    private void OnHigher(SelectionMessage.Higher higher)
    {
        if (_candidate is not { } candidate || higher.Rank <= candidate.Rank) return;
        Note(614, $"{higher.Candidate.Node} outranks this node: it asks no more");
        _candidate = (higher.Candidate, higher.Rank);
        _isCampaigning = false;
        Depose();
    }

    /// <summary>Others adopt only the winner's own announcement (repair 5).</summary>
    private void OnElected(MemberId from)
    {
        Invariant.Holds(_winner is null || _winner == from, $"OnePrimary: {_winner} and {from} won one version");
        if (_winner != from && from != self)
        {
            Note(408, $"connections are mapped to {from.Node}");
            Note(412, "requesters go on");
        }

        _winner = from;
        policy.Favoured = from.Node;
        _isCampaigning = false;
        if (_candidate is not null) _candidate = (from, _candidate.Value.Rank);
        if (from != self) Depose();
    }
}
