using System.Net;
using System.Net.Sockets;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads every <c>[node.ID]</c> of a cluster's file.</summary>
internal static class NodeReader
{
    private const string Loopback =
        "There is no TLS between nodes yet: only loopback addresses (127.0.0.0/8, ::1) are accepted.";

    private static readonly string[] NodeKeys =
        ["address", "http", "voter", "witness", "transfer-rate", "max-connections"];

    public static List<NodeConfiguration> Read(TableReader file, ConfigurationProblems problems)
    {
        List<NodeConfiguration> nodes = [];
        Dictionary<string, (string Id, Place Place)> ids = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<IPEndPoint, string> owners = [];
        var kinds = new List<NodeKind>();

        foreach (var (id, table) in file.Tables("node", "node.n1"))
        {
            Names.Check(id, "node id", table.Place, problems);
            if (!ids.TryAdd(id, (id, table.Place)))
                problems.Add(table.Place,
                    $"the node ids \"{ids[id].Id}\" (line {ids[id].Place.Line}) and \"{id}\" differ only in case",
                    "Every node needs an id of its own.");

            var shown = $"[node.{Names.Printable(id)}]";
            var reader = new TableReader(table, shown, NodeKeys, problems);
            var address = ReadAddress(reader, "address", id, "7101", owners, problems);
            var http = ReadAddress(reader, "http", id, "7201", owners, problems);
            var kind = ReadKind(reader, shown, problems);
            var rate = reader.Count("transfer-rate", 1, 100_000, "megabytes a second");
            var most = reader.Count("max-connections", 1, TcpConfiguration.MostConnections, "connections");
            kinds.Add(kind);
            if (address is null || http is null) continue;
            var node = new NodeConfiguration(new NodeId(id), address, http, kind) { TransferRate = rate };
            nodes.Add(most is null ? node : node with { MaxConnections = most.Value });
        }

        CheckVoters(file, kinds, problems);
        return nodes;
    }

    private static void CheckVoters(TableReader file, List<NodeKind> kinds, ConfigurationProblems problems)
    {
        var voters = kinds.Count(kind => kind is NodeKind.Voter or NodeKind.Witness);
        if (kinds.Count == 0)
        {
            if (!file.Has("node") || !problems.Any)
                problems.Add("the file has no node", "Add a table [node.n1] with an address and an http line.");
        }
        else if (voters == 0)
        {
            problems.Add("the cluster has no voter", "Remove voter = false from at least one node; three are usual.");
        }
        else if (voters > ClusterConfiguration.MaxVoters)
        {
            problems.Add($"the cluster has {voters} voters and {ClusterConfiguration.MaxVoters} is the most",
                "Write voter = false in the tables of the others; they host services all the same.");
        }
    }

    private static NodeKind ReadKind(TableReader reader, string shown, ConfigurationProblems problems)
    {
        var votes = reader.Truth("voter") ?? true;
        var witness = reader.Truth("witness") ?? false;
        if (!votes && witness)
            problems.Add(reader.PlaceOf("witness"), $"{shown} has both voter = false and witness = true",
                "A witness votes and hosts nothing; voter = false hosts and does not vote. Remove one of the two.");
        return witness ? NodeKind.Witness : votes ? NodeKind.Voter : NodeKind.NonVoter;
    }

    private static IPEndPoint? ReadAddress(
        TableReader reader,
        string key,
        string id,
        string port,
        Dictionary<IPEndPoint, string> owners,
        ConfigurationProblems problems)
    {
        if (reader.Text(key, $"\"127.0.0.1:{port}\"", required: true) is not { } text) return null;
        var place = reader.PlaceOf(key);
        if (Addresses.Parse(text) is not { } address)
        {
            problems.Add(place, $"{key} = \"{Names.Printable(text)}\" is not an address",
                Addresses.Meaning(text, port));
            return null;
        }

        if (!IPAddress.IsLoopback(address.Address))
        {
            problems.Add(place, $"{key} = \"{Names.Printable(text)}\" is not a loopback address", Loopback);
            return null;
        }

        if (owners.TryAdd(address, $"{key} of {id}")) return address;
        problems.Add(place, $"{key} = \"{Names.Printable(text)}\" is taken: it is the {owners[address]}",
            "Give every address and every http a port of its own.");
        return null;
    }
}
