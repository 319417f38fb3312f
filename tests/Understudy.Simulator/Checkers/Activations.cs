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
    private readonly Dictionary<ServiceName, Configuration> _latest = [];
    private readonly Dictionary<(ServiceName, Lineage), (NodeId? Origin, long At)> _lineages = [];
    private readonly HashSet<(ServiceName, ConfigurationVersion)> _moving = [];

    public void OnEvent(SimulatedNode node, NodeEvent happening, long now)
    {
        switch (happening)
        {
            case NodeEvent.Configured { Configuration: var configuration }: Note(configuration, now); break;
            case NodeEvent.PrimaryActivated activated:
                Of(activated.Service).Add(new Activation(
                    node.Member, activated.Version, activated.Lineage, now));
                break;
        }
    }

    /// <summary>
    /// Remembers in which versions a switchover was under way, and configurations of which no provider hears.
    /// </summary>
    public void OnMap(ServiceMap map, long now)
    {
        foreach (var entry in map.Services)
        {
            if (entry.Configuration.IsStarted) Note(entry.Configuration, now);
            if (entry.Operation is { Stage: OperationStage.Freeze })
            {
                _moving.Add((entry.Definition.Name, entry.Configuration.Version));
            }
        }
    }

    private void Note(Configuration configuration, long now)
    {
        _configurations.TryAdd((configuration.Service, configuration.Version), configuration);
        _lineages.TryAdd((configuration.Service, configuration.Lineage), (configuration.Origin, now));
        if (configuration.Version > (Latest(configuration.Service)?.Version ?? ConfigurationVersion.None))
        {
            _latest[configuration.Service] = configuration;
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
    public Configuration? Latest(ServiceName service) => _latest.GetValueOrDefault(service);

    /// <summary>The lineage that answers in a version; none if no node adopted it.</summary>
    public Lineage LineageOf(ServiceName service, ConfigurationVersion version) =>
        Find(service, version)?.Lineage ?? default;

    /// <summary>When the first node heard of a lineage, and whose copy it began with.</summary>
    public (NodeId? Origin, long At) Beginning(ServiceName service, Lineage lineage) =>
        _lineages.GetValueOrDefault((service, lineage));

    /// <summary>A service's lineages, in order.</summary>
    public IEnumerable<Lineage> LineagesOf(ServiceName service) =>
        _lineages.Keys.Where(l => l.Item1 == service).Select(l => l.Item2).OrderBy(l => l.Value);
}
