using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>One ballot that this node runs in one instance: phase 1 if it must, then phase 2.</summary>
internal sealed class Proposal(Epoch instance, Ballot ballot, TimeSpan startedAt, int needed)
{
    private readonly SortedDictionary<NodeId, MembershipMessage.Promise> _promises = [];
    private readonly SortedDictionary<NodeId, MembershipMessage.Accepted> _accepted = [];

    public Epoch Instance { get; } = instance;

    public Ballot Ballot { get; } = ballot;

    public TimeSpan StartedAt { get; } = startedAt;

    /// <summary>The view of phase 2, once it is fixed: a ballot carries one value.</summary>
    public View? View { get; private set; }

    public IEnumerable<MembershipMessage.Accepted> AcceptedBy => _accepted.Values;

    public bool HasPromises => _promises.Count >= needed;

    public bool IsChosen => View is not null && _accepted.Count >= needed;

    public void Promised(NodeId acceptor, MembershipMessage.Promise promise) => _promises[acceptor] = promise;

    public void Accepted(NodeId acceptor, MembershipMessage.Accepted accepted) => _accepted[acceptor] = accepted;

    /// <summary>
    /// The view with the highest accepted ballot among the promises: it may be chosen, so it is adopted.
    /// </summary>
    public View? Adopted()
    {
        View? adopted = null;
        Ballot? highest = null;
        foreach (var promise in _promises.Values)
        {
            if (promise.AcceptedBallot is not { } ballot || (highest is { } known && ballot <= known)) continue;
            highest = ballot;
            adopted = promise.AcceptedView;
        }

        return adopted;
    }

    public void Fix(View view)
    {
        Invariant.Holds(View is null, "OneView: a ballot carries one value");
        Invariant.Holds(view.Epoch == Instance, "OneView: a view is proposed for its own instance");
        View = view;
    }
}
