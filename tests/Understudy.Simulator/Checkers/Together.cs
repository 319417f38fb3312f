using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>Primaries of services that must be co-located are on one node whenever both serve.</summary>
internal sealed class Together : Checker
{
    public override void OnMap(SimulatedNode node, ServiceMap map)
    {
        foreach (var entry in map.Services)
        {
            if (entry.IsFrozen || entry.Configuration.Primary is not { } primary) continue;
            foreach (var name in entry.Definition.With)
            {
                var sponsor = map.Find(name);
                if (sponsor is { IsFrozen: false } && sponsor.Configuration.Primary?.Node == primary.Node) continue;
                Fail($"{entry.Definition.Name} serves on {primary}, but its sponsor {name} is on "
                    + $"{sponsor?.Configuration.Primary?.ToString() ?? "no node"}");
            }
        }
    }
}
