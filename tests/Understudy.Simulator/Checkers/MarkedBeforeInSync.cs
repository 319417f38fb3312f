using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Who is taken into an in-sync set was marked joining in the version before, in that very incarnation: a request that
/// names another is void (DESIGN 7). A disk that was in the set before may come back in a newer incarnation.
/// </summary>
internal sealed class MarkedBeforeInSync(SimulatedCluster cluster, Activations activations) : Checker
{
    private readonly HashSet<(ServiceName, ConfigurationVersion, MemberId)> _marked = [];
    private readonly Dictionary<ConfigurationVersion, ImmutableArray<RegistryCopy>> _copies = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        switch (happening)
        {
            case NodeEvent.JoiningMarked marked: _marked.Add((marked.Service, marked.Version, marked.Member)); break;
            case NodeEvent.Configured configured: CheckService(configured.Configuration); break;
            case NodeEvent.ViewInstalled installed: CheckRegistry(installed.View); break;
        }
    }

    private void CheckService(Configuration configuration)
    {
        if (cluster.Scenario.IsExclusive(configuration.Service)) return; // It has no state to be in sync with.
        var version = new ConfigurationVersion(configuration.Version.Value - 1);
        if (activations.Find(configuration.Service, version) is not { InSync.IsEmpty: false } before) return;
        if (before.Lineage != configuration.Lineage) return; // Its first provider is in sync with nobody.
        foreach (var provider in configuration.InSync)
        {
            if (before.InSync.Any(p => p.Disk == provider.Disk)) continue;
            Check(configuration.Service, version, provider.Member);
        }
    }

    private void CheckRegistry(View view)
    {
        if (view.Attachment.IsEmpty) return;
        var configuration = SelectionCodec.DecodeConfiguration(view.Attachment.Span);
        if (!_copies.TryAdd(configuration.Version, configuration.InSync)) return;
        var version = new ConfigurationVersion(configuration.Version.Value - 1);
        // At the very first start nobody is in sync, and the winner founds the set.
        if (!_copies.TryGetValue(version, out var before) || before.IsEmpty) return;
        foreach (var member in view.Members)
        {
            if (!configuration.IsInSync(member.Id.Node, member.Disk)) continue;
            if (before.Any(copy => copy.Node == member.Id.Node && copy.Disk == member.Disk)) continue;
            Check(Registry.Name, version, member.Id);
        }
    }

    private void Check(ServiceName service, ConfigurationVersion version, MemberId member)
    {
        if (_marked.Contains((service, version, member))) return;
        Fail($"{member} was taken into the in-sync set of {service}, but was not marked joining in version {version}");
    }
}
