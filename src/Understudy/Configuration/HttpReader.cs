using System.Collections.Immutable;
using System.Net;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads every <c>[service.NAME.http]</c> of a cluster's file.</summary>
internal static class HttpReader
{
    private static readonly string[] _keys = ["backend", "http2", "drain-seconds"];
    private static readonly string[] _nodeKeys = ["backend"];

    /// <returns>Null if there is no such table, or what is in it is wrong.</returns>
    public static HttpConfiguration? Read(
        TableReader service, string shown, List<NodeConfiguration> nodes, ConfigurationProblems problems)
    {
        if (service.Table("http", shown) is not { } table) return null;
        string[] ids = [.. nodes.Select(node => node.Id.Value)];
        var reader = new TableReader(table, shown, [.. _keys, .. ids], problems);
        Dictionary<NodeId, int> own = [];
        foreach (var id in ids)
        {
            var name = $"{shown.TrimEnd(']')}.{id}]";
            if (reader.Table(id, name) is not { } its) continue;
            var node = new TableReader(its, name, _nodeKeys, problems);
            node.Require("backend", "8080");
            if (Port(node) is { } port) own[new NodeId(id)] = port;
        }

        reader.Require("backend", "8080");
        var drain = reader.Count("drain-seconds", 0, (int)HttpConfiguration.Longest.TotalSeconds, "seconds");
        return new HttpConfiguration(Port(reader) ?? 0)
        {
            Nodes = own.ToImmutableSortedDictionary(),
            IsHttp2 = reader.Truth("http2") ?? false,
            Drain = TimeSpan.FromSeconds(drain ?? 0),
        };
    }

    /// <summary>A program does not listen where a node does: requests would go round in circles.</summary>
    public static void CheckPorts(
        List<ServiceConfiguration> services,
        List<NodeConfiguration> nodes,
        Func<ServiceName, Place> placeOf,
        ConfigurationProblems problems)
    {
        foreach (var service in services)
        {
            foreach (var node in nodes)
            {
                if (!node.Hosts || service.Http?.PortOf(node.Id) is not (> 0 and var port)) continue;
                var backend = new IPEndPoint(node.Address.Address, port);
                if (nodes.FirstOrDefault(other => Equals(other.Http, backend)) is not { } taken) continue;
                problems.Add(placeOf(service.Name),
                    $"the program of {service.Name} cannot listen at {backend} on {node.Id}: that is the http of "
                    + $"{taken.Id}",
                    "Clients ask the node's http, and the program listens at backend: give them different ports.");
            }
        }
    }

    private static int? Port(TableReader reader) => reader.Count("backend", 1, IPEndPoint.MaxPort, "a port");
}
