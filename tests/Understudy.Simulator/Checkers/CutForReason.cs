using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// No answer outside turns is cut while its primary is the primary as far as its node knows, nor while it may go on
/// without.
/// </summary>
internal sealed class CutForReason : Checker
{
    public override void OnAnswerCut(SimulatedAnswer answer)
    {
        var (at, deposed) = (answer.At, answer.Deposed);
        if (answer.GraceOf(at.Bounds) is not { } grace)
        {
            Fail($"{at.Node.Member} cuts {answer}, whose primary is {at.Primary}");
            return;
        }

        var rest = deposed!.Value.Since + grace - at.Own;
        if (rest > TimeSpan.Zero) Fail($"{at.Node.Member} cuts {answer} {rest} too early");
    }
}
