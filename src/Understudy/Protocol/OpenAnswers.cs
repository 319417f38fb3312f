using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>
/// Decides for one service of the library, on one node, which of its answers outside turns are broken off: those of a
/// primary that is none any more, whether it is here or they are forwarded from it, and all of them once this node has
/// no view lease, since it may not know. One that has begun is cut at once, or after a switchover when the service's
/// time to drain is over. One that had not may be what its client waits for: it has as long as a request is held.
/// </summary>
/// <param name="bounds">What it grants them.</param>
/// <param name="mutations">Rules that are switched off, in tests.</param>
internal sealed class OpenAnswers(HttpBounds bounds, Mutation mutations = Mutation.None)
{
    private readonly SortedDictionary<long, Answer> _answers = [];
    private readonly SortedSet<(TimeSpan Until, long Answer)> _ending = [];
    private List<long> _cut = [];
    private BackendRoute _route = BackendRoute.None;
    private TimeSpan _now;
    private bool _hasLease;

    private sealed class Answer(AnswerInput.Asked asked)
    {
        public NodeId Node => asked.Node;

        public ConfigurationVersion Version => asked.Version;

        public bool MayBeLeft => asked.MayBeLeft;

        public bool HasBegun { get; set; }

        /// <summary>
        /// Since when its primary is none, and whether somebody waits for it since then, as it was perhaps decided on
        /// before; null while that is the primary.
        /// </summary>
        public (TimeSpan Since, bool IsAwaited)? Deposed { get; set; }

        /// <summary>When it is cut; null while its primary is the primary.</summary>
        public TimeSpan? Until { get; set; }
    }

    /// <summary>How many are under way.</summary>
    public int Count => _answers.Count;

    /// <summary>When something is to be done if nothing else happens; null if never.</summary>
    public TimeSpan? NextAt
    {
        get
        {
            TimeSpan? cut = _ending.Count > 0 ? _ending.Min.Until : null;
            TimeSpan? lapse = _hasLease && _answers.Count > 0 ? _route.Until : null;
            return cut is null || lapse < cut ? lapse ?? cut : cut;
        }
    }

    /// <param name="now">The clock of the route's lease.</param>
    /// <param name="input">What happened.</param>
    /// <param name="cut">The answers to cut are added here; each is forgotten with that.</param>
    public void Step(TimeSpan now, AnswerInput input, List<long> cut)
    {
        Invariant.Holds(now >= _now, "A node's clock does not go back");
        (_now, _cut) = (now, cut);
        NoticeLease(); // First: what begins only now was waited for when the lease ended.
        switch (input)
        {
            case AnswerInput.Tick: break;
            case AnswerInput.Learned learned: Learn(learned.Route); break;
            case AnswerInput.Asked asked: Ask(asked); break;
            case AnswerInput.Begun begun: Begin(begun.Answer); break;
            case AnswerInput.Ended ended when Allows(Mutation.AnswersEndedAreKept): Forget(ended.Answer); break;
            case AnswerInput.Ended: break;
            default: throw new UnreachableException($"Unknown input {input}.");
        }

        NoticeLease();
        CutDue();
    }

    private void NoticeLease()
    {
        if (_hasLease == _now < _route.Until) return;
        _hasLease = !_hasLease;
        JudgeAll();
    }

    private bool Allows(Mutation rule) => (mutations & rule) == 0;

    private void Learn(BackendRoute route)
    {
        var before = _route;
        _route = route;
        var isSame = route.Version == before.Version && route.Primary == before.Primary && route.View == before.View
            && (route.IsUnknown, route.IsPlanned) == (before.IsUnknown, before.IsPlanned);
        if (!isSame) JudgeAll();
    }

    private void Ask(AnswerInput.Asked asked)
    {
        var answer = new Answer(asked);
        _answers.Add(asked.Answer, answer);
        Judge(asked.Answer, answer);
    }

    private void Begin(long number)
    {
        if (_answers.TryGetValue(number, out var answer)) answer.HasBegun = true;
    }

    private void JudgeAll()
    {
        foreach (var (number, answer) in _answers) Judge(number, answer);
    }

    private void Judge(long number, Answer answer)
    {
        answer.Deposed = IsOfPrimary(answer) ? null : answer.Deposed ?? (_now, IsAwaited(answer));
        EndAt(number, answer, answer.Deposed is var (since, isAwaited) ? since + GraceOf(answer, isAwaited) : null);
    }

    private bool IsAwaited(Answer answer)
    {
        var mayBeLeft = answer.MayBeLeft || (answer.HasBegun && Allows(Mutation.AnswersBegunAreHeld));
        return !mayBeLeft && Allows(Mutation.AnswersAwaitedAreCut);
    }

    private bool IsOfPrimary(Answer answer)
    {
        if ((_now >= _route.Until && Allows(Mutation.AnswersKeptAtLeaseEnd)) || _route.IsUnknown) return false;

        // Whoever said where the primary is may know more than this node has learned.
        var isUnheard = _route.Version < answer.Version && Allows(Mutation.AnswersOfUnheardPrimaryAreCut);
        return isUnheard || _route.Primary?.Node == answer.Node || !Allows(Mutation.AnswersKeptWhenMoved);
    }

    private TimeSpan GraceOf(Answer answer, bool isAwaited)
    {
        var hold = isAwaited ? bounds.Hold : TimeSpan.Zero;
        var isPlanned = _route.IsPlanned || !Allows(Mutation.AnswersDrainAfterFailover);
        var drains = _now < _route.Until && isPlanned && _route.View?.MemberOn(answer.Node) is not null;
        return drains && bounds.Drain > hold ? bounds.Drain : hold;
    }

    private void EndAt(long number, Answer answer, TimeSpan? until)
    {
        if (answer.Until is { } before) _ending.Remove((before, number));
        answer.Until = until;
        if (until is { } at) _ending.Add((at, number));
    }

    private void CutDue()
    {
        while (_ending.Count > 0 && _ending.Min is var (until, number) && until <= _now)
        {
            Forget(number);
            _cut.Add(number);
        }
    }

    private void Forget(long number)
    {
        if (!_answers.Remove(number, out var answer)) return; // It was cut.
        EndAt(number, answer, null);
    }
}
