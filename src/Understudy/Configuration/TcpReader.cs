using System.Collections.Immutable;
using System.Net;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads every <c>[service.NAME.tcp]</c> of a cluster's file.</summary>
internal static class TcpReader
{
    private static readonly string[] _keys =
        ["listen", "backend", "hold-seconds", "max-held", "max-connections", "drain-seconds"];

    private static readonly string[] _nodeKeys = ["listen", "backend"];

    /// <returns>Null if there is no such table, or what is in it is wrong.</returns>
    public static TcpConfiguration? Read(
        TableReader service, string shown, List<NodeConfiguration> nodes, ConfigurationProblems problems)
    {
        if (service.Table("tcp", shown) is not { } table) return null;
        string[] ids = [.. nodes.Select(node => node.Id.Value)];
        var reader = new TableReader(table, shown, [.. _keys, .. ids], problems);
        var own = ReadNodes(reader, shown, ids, problems);
        reader.Require("listen", "6380");
        reader.Require("backend", "6379");
        var (listen, backend) = (Port(reader, "listen"), Port(reader, "backend"));
        var longest = (int)TcpConfiguration.Longest.TotalSeconds;
        var hold = reader.Count("hold-seconds", 0, longest, "seconds");
        var drain = reader.Count("drain-seconds", 0, longest, "seconds");
        var known = new TcpConfiguration(listen ?? 0, backend ?? 0);
        return known with
        {
            Nodes = own.ToImmutableSortedDictionary(
                node => node.Key,
                node => new TcpPorts(node.Value.Listen ?? known.Listen, node.Value.Backend ?? known.Backend)),
            Hold = hold is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            MaxHeld = reader.Count("max-held", 0, TcpConfiguration.MostConnections, "connections") ?? known.MaxHeld,
            MaxConnections = reader.Count("max-connections", 1, TcpConfiguration.MostConnections, "connections")
                ?? known.MaxConnections,
            Drain = TimeSpan.FromSeconds(drain ?? 0),
        };
    }

    /// <summary>Nothing else listens where a node takes a service's connections, and no program of a service.</summary>
    public static void CheckPorts(
        List<ServiceConfiguration> services,
        List<NodeConfiguration> nodes,
        Func<ServiceName, Place> placeOf,
        ConfigurationProblems problems)
    {
        Dictionary<IPEndPoint, string> owners = [];
        foreach (var node in nodes)
        {
            owners.TryAdd(node.Address, $"address of {node.Id}");
            owners.TryAdd(node.Http, $"http of {node.Id}");
        }

        foreach (var service in services)
        {
            foreach (var node in nodes)
            {
                if (service.Tcp?.PortsOf(node.Id) is not { Listen: > 0 } ports) continue;
                var listen = new IPEndPoint(node.Http.Address, ports.Listen);
                if (!owners.TryAdd(listen, $"listen of {service.Name} on {node.Id}"))
                {
                    problems.Add(placeOf(service.Name),
                        $"{service.Name} cannot listen at {listen} on {node.Id}: that is the {owners[listen]}",
                        $"Nodes that share an address need ports of their own: write [service.{service.Name}.tcp."
                        + $"{node.Id}] with another listen.");
                }
                else if (node.Hosts && Equals(listen, new IPEndPoint(node.Address.Address, ports.Backend)))
                {
                    problems.Add(placeOf(service.Name),
                        $"{service.Name} listens where its own program does on {node.Id}: at {listen}",
                        "Clients connect to listen, and the program listens at backend: give them different ports.");
                }
            }
        }
    }

    private static Dictionary<NodeId, (int? Listen, int? Backend)> ReadNodes(
        TableReader reader, string shown, string[] ids, ConfigurationProblems problems)
    {
        Dictionary<NodeId, (int? Listen, int? Backend)> own = [];
        foreach (var id in ids)
        {
            var name = $"{shown.TrimEnd(']')}.{id}]";
            if (reader.Table(id, name) is not { } table) continue;
            var node = new TableReader(table, name, _nodeKeys, problems);
            own[new NodeId(id)] = (Port(node, "listen"), Port(node, "backend"));
        }

        return own;
    }

    private static int? Port(TableReader reader, string key) => reader.Count(key, 1, IPEndPoint.MaxPort, "a port");
}
