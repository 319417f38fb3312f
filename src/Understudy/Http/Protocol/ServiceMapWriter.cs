using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http.Protocol;

/// <summary>Says in the words of the contract what a node knows of the service map.</summary>
/// <param name="node">This node.</param>
/// <param name="nodes">Every node's HTTP side.</param>
internal sealed class ServiceMapWriter(NodeId node, IReadOnlyList<NodeAddress> nodes)
{
    private readonly Dictionary<string, string> _urls = nodes.ToDictionary(n => n.Node, n => n.Url);

    /// <summary>The address of a node's HTTP side, or null if it is in no file.</summary>
    public string? UrlOf(NodeId id) => _urls.GetValueOrDefault(id.Value);

    /// <summary>What a reader has to be told; null while the node knows of no decision yet.</summary>
    public ServiceMapDocument Write(ServiceMapChange? change) => new()
    {
        Id = change?.At.ToString(),
        Node = node.Value,
        Nodes = change is { IsWhole: false } ? null : nodes,
        Services = change is null ? [] : [.. change.Services.Select(EntryOf)],
        Removed = change is null ? [] : [.. change.Removed.Select(name => name.Value)],
    };

    private ServiceMapEntry EntryOf(ServiceEntry entry)
    {
        var configuration = entry.Configuration;
        var providers = configuration.InSync
            .Select(provider => provider.Member)
            .OrderBy(member => member == configuration.Primary ? 0 : 1)
            .Select(member => EndpointOf(entry, member, member == configuration.Primary ? "primary" : "secondary"));
        return new ServiceMapEntry
        {
            Name = entry.Definition.Name.Value,
            Kind = entry.Definition.Kind,
            Version = configuration.Version.Value,
            Lineage = configuration.Lineage.Value,
            Primary = configuration.Primary?.Node.Value,
            Frozen = entry.IsFrozen || entry.IsStopped,
            Endpoints = entry.Definition.IsExclusive ? [] : [.. providers.OfType<ServiceEndpoint>()],
        };
    }

    private ServiceEndpoint? EndpointOf(ServiceEntry entry, MemberId member, string role) =>
        UrlOf(member.Node) is { } url
            ? new ServiceEndpoint(member.Node.Value, role, $"{url}/svc/{entry.Definition.Name}")
            : null;
}
