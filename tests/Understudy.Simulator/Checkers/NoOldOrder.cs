using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>A node that obeyed an RM obeys no older one, and goes back to no older order of the same.</summary>
internal sealed class NoOldOrder : Checker
{
    private readonly Dictionary<MemberId, (ConfigurationVersion Generation, long Sequence)> _obeyed = [];

    public override void OnMap(SimulatedNode node, ServiceMap map)
    {
        var obeyed = _obeyed.GetValueOrDefault(node.Member);
        _obeyed[node.Member] = (map.Generation, map.Sequence);
        if (map.Generation > obeyed.Generation) return;
        if (map.Generation == obeyed.Generation && map.Sequence >= obeyed.Sequence) return;
        Fail($"{node.Member} obeyed order {map.Generation}/{map.Sequence} "
            + $"after {obeyed.Generation}/{obeyed.Sequence}");
    }
}
