using Understudy.Kernel;

namespace Understudy.Membership.Protocol;

/// <summary>What the voters' accusations add up to against one member.</summary>
/// <param name="Subject">The accused member.</param>
/// <param name="Evidence">The strongest evidence any voter has.</param>
/// <param name="IsStable">Whether enough voters agree to evict it.</param>
/// <param name="IsUnanimous">Whether every voter that could has accused it.</param>
public readonly record struct Verdict(MemberId Subject, EvidenceClass Evidence, bool IsStable, bool IsUnanimous);

/// <summary>
/// Gathers accusations into one cut, so that correlated failures give one view (agreement.md 2.4). Arithmetic only.
/// A subject is stable when a majority of the other voters of the view accuse it: with f of 2f+1 voters gone at once
/// the f+1 others are just enough.
/// </summary>
public static class CutDetector
{
    /// <summary>How many voters must accuse, if so many others than the subject could.</summary>
    public static int Threshold(int observers) => observers / 2 + 1;

    /// <param name="view">The view whose members are judged.</param>
    /// <param name="accusations">What each voter of the view holds, its own node's older incarnation included.</param>
    public static List<Verdict> Judge(View view, IReadOnlyList<(NodeId Voter, Accusation Accusation)> accusations)
    {
        var verdicts = new List<Verdict>();
        foreach (var member in view.Members)
        {
            var tally = 0;
            var evidence = EvidenceClass.Stuck;
            foreach (var (_, accusation) in accusations)
            {
                if (accusation.Subject != member.Id) continue;
                tally++;
                if (accusation.Evidence < evidence) evidence = accusation.Evidence;
            }

            if (tally == 0) continue;
            var observers = view.Members.Count(m => m.Kind != NodeKind.NonVoter && m.Id.Node != member.Id.Node);
            var isStable = evidence == EvidenceClass.Left || tally >= Threshold(observers);
            verdicts.Add(new Verdict(member.Id, evidence, isStable, tally >= observers));
        }

        return verdicts;
    }
}
