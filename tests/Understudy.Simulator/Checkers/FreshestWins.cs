using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Only an in-sync provider becomes primary: it is in the in-sync set of its version, it was in that of the version
/// before, and it has all that was ever committed in the lineage. Another lineage begins only if its policy or an
/// operator said so, when a view was chosen without any provider of the last in-sync set.
/// </summary>
internal sealed class FreshestWins(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly Dictionary<Epoch, View> _views = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is NodeEvent.ViewInstalled { View: var view }) _views.TryAdd(view.Epoch, view);
        if (happening is not NodeEvent.PrimaryActivated activated) return;
        if (activations.Find(activated.Service, activated.Version) is not { } configuration) return;

        if (!IsIn(configuration, node))
        {
            Fail($"{node.Member} became primary of {activated.Service} outside the in-sync set of {configuration}");
        }

        var version = new ConfigurationVersion(activated.Version.Value - 1);
        if (activations.Find(activated.Service, version) is not { } before) return;
        if (before.InSync.IsEmpty) return;
        if (before.Lineage != configuration.Lineage)
        {
            CheckLineage(before, configuration);
            return;
        }

        if (!IsIn(before, node))
        {
            Fail($"{node.Member} became primary of {activated.Service} in version {activated.Version}, "
                + $"but was not in sync in version {version}");
        }
    }

    private void CheckLineage(Configuration before, Configuration next)
    {
        var name = next.Service;
        var policy = cluster.Scenario.Cluster.Services.First(s => s.Name == name).TotalLoss;
        if (policy != TotalLossPolicy.StartEmpty && !cluster.Operator.HasRecovered(name))
        {
            Fail($"{name} went from lineage {before.Lineage} to {next.Lineage}, and nobody said that it may");
        }

        if (_views.GetValueOrDefault(next.Cause) is not { } view) return;
        foreach (var provider in before.InSync)
        {
            if (!view.Contains(provider.Member)) continue;
            Fail($"lineage {next.Lineage} of {name} began in {view}, which has {provider.Member} of the one before");
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
