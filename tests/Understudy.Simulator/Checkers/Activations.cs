using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>A provider became primary in a version.</summary>
internal sealed record Activation(
    MemberId Primary, ConfigurationVersion Version, Lineage Lineage, long At);

/// <summary>
/// What several checkers need: who was activated in which version of a service, and the configurations that nodes
/// adopted. It judges nothing itself.
/// </summary>
internal sealed class Activations
{
    private readonly Dictionary<ServiceName, List<Activation>> _activations = [];
    private readonly Dictionary<(ServiceName, ConfigurationVersion), Configuration> _configurations = [];
    private readonly HashSet<(ServiceName, ConfigurationVersion)> _moving = [];

    public void OnEvent(SimulatedNode node, NodeEvent happening, long now)
    {
        switch (happening)
        {
            case NodeEvent.Configured { Configuration: var configuration }:
                _configurations.TryAdd((configuration.Service, configuration.Version), configuration);
                break;
            case NodeEvent.PrimaryActivated activated:
                Of(activated.Service).Add(new Activation(
                    node.Member, activated.Version, activated.Lineage, now));
                break;
        }
    }

    /// <summary>Remembers in which versions a switchover was under way.</summary>
    public void OnMap(ServiceMap map)
    {
        foreach (var entry in map.Services)
        {
            if (entry.Operation is { Stage: OperationStage.Freeze })
            {
                _moving.Add((entry.Definition.Name, entry.Configuration.Version));
            }
        }
    }

    /// <summary>Whether a switchover away from this version was ordered.</summary>
    public bool IsMoving(ServiceName service, ConfigurationVersion version) => _moving.Contains((service, version));

    /// <summary>In order of time.</summary>
    public List<Activation> Of(ServiceName service)
    {
        if (!_activations.TryGetValue(service, out var list)) _activations.Add(service, list = []);
        return list;
    }

    public Configuration? Find(ServiceName service, ConfigurationVersion version) =>
        _configurations.GetValueOrDefault((service, version));

    /// <summary>The adopted configuration of the highest version.</summary>
    public Configuration? Latest(ServiceName service)
    {
        Configuration? latest = null;
        foreach (var configuration in _configurations.Values)
        {
            if (configuration.Service != service) continue;
            if (latest is null || configuration.Version > latest.Version) latest = configuration;
        }

        return latest;
    }
}
