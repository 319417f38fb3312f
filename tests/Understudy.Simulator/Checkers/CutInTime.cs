using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// No answer outside turns goes on at a node whose view lease, or whose incarnation, has ended, or whose newest map
/// names another primary: for no longer than a planned move grants, or, if its client waited for it then, than a
/// request is held.
/// </summary>
internal sealed class CutInTime : Checker
{
    public override void OnOpenAnswers(SimulatedAnswers answers)
    {
        foreach (var answer in answers.Open)
        {
            if (answer.GraceOf(answers.Bounds) is not { } grace) CheckLease(answers, answer);
            else CheckGrace(answers, answer, grace);
        }
    }

    private void CheckLease(SimulatedAnswers answers, SimulatedAnswer answer)
    {
        if (answers.WhyWithoutLease() is { } why)
            Fail($"{answers.Node.Option.Id} goes on with {answer}, and {why}");
    }

    private void CheckGrace(SimulatedAnswers answers, SimulatedAnswer answer, TimeSpan grace)
    {
        var over = answers.Own - answer.Deposed!.Value.Since - grace;
        if (over <= TimeSpan.Zero || answers.IsExcused(grace == TimeSpan.Zero ? TimeSpan.Zero : over)) return;
        Fail($"{answers.Node.Member} goes on with {answer} for {over} too long");
    }
}
