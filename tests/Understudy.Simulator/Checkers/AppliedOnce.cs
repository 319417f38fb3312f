using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Every provider's code is given each checkpoint once and in order, from the state that was made by all before it:
/// so what a deposed primary had changed alone is undone first.
/// </summary>
internal sealed class AppliedOnce : Checker
{
    public override void OnApplying(SimulatedNode node, SimulatedProvider provider, long number)
    {
        if (number == provider.Executor.Position + 1) return;
        Fail($"{node.Member} applies checkpoint {number} of {provider.Service} to the state of checkpoint "
            + $"{provider.Executor.Position}");
    }
}
