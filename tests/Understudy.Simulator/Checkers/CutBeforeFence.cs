using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// When the fence of an evicted member has passed, or a new lineage of the service is served, nothing goes on at the
/// evicted one, or at a primary of an older lineage, of what had begun: but for what a client waited for when the
/// lease ended, which has as long as a request is held. A clock that stood still is outside the promise, as it is with
/// every lease.
/// </summary>
internal sealed class CutBeforeFence(SimulatedCluster cluster, Activations activations) : Checker
{
    /// <summary>After a clock has run again for this long, no lease from before the stop is left.</summary>
    private static readonly long StopForgotten = TimeSpan.FromSeconds(2).Ticks;

    private readonly HashSet<MemberId> _fenced = [];
    private Lineage _latest;

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        switch (happening)
        {
            case NodeEvent.FencePassed passed: _fenced.Add(passed.Member); break;
            case NodeEvent.PrimaryActivated activated when activated.Service == SimulatedIntake.Service:
                if (activated.Lineage.Value > _latest.Value) _latest = activated.Lineage;
                break;
        }
    }

    public override void OnOpenAnswers(SimulatedAnswers answers)
    {
        foreach (var answer in answers.Open)
        {
            if (!answer.HasBegun || answer.Deposed is { IsAwaited: true }) continue;
            if (_fenced.Contains(answers.Node.Member)) Judge(answers, answer, "whose fence has passed");
            else if (IsGivenUp(answer)) Judge(answers, answer, $"and lineage {_latest} is served");
        }
    }

    private bool IsGivenUp(SimulatedAnswer answer) =>
        answer.Primary == answer.At.Node.Option.Id
            && activations.LineageOf(SimulatedIntake.Service, answer.Version).Value < _latest.Value;

    private void Judge(SimulatedAnswers answers, SimulatedAnswer answer, string why)
    {
        var node = answers.Node;
        if (node.Clock.IsStopped || cluster.Now - node.Clock.LastStopEnded < StopForgotten) return;
        if (answers.IsExcused(TimeSpan.FromTicks(long.MaxValue))) return;
        Fail($"{node.Member} goes on with {answer}, {why}");
    }
}
