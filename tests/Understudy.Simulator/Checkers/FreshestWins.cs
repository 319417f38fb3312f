using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Only an in-sync provider becomes primary: it is in the in-sync set of its version, it was in that of the version
/// before, and it has all that was ever committed in the lineage.
/// </summary>
internal sealed class FreshestWins(Activations activations) : Checker
{
    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.PrimaryActivated activated) return;
        if (activations.Find(activated.Service, activated.Version) is not { } configuration) return;

        if (!IsIn(configuration, node))
        {
            Fail($"{node.Member} became primary of {activated.Service} outside the in-sync set of {configuration}");
        }

        var version = new ConfigurationVersion(activated.Version.Value - 1);
        if (activations.Find(activated.Service, version) is not { } before) return;
        if (before.InSync.IsEmpty || before.Lineage != configuration.Lineage) return;
        if (!IsIn(before, node))
        {
            Fail($"{node.Member} became primary of {activated.Service} in version {activated.Version}, "
                + $"but was not in sync in version {version}");
        }
    }

    private static bool IsIn(Configuration configuration, SimulatedNode node)
    {
        foreach (var provider in configuration.InSync)
        {
            if (provider.Member == node.Member || provider.Disk == node.Disk) return true;
        }

        return false;
    }
}
