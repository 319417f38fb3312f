using System.Globalization;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads every <c>[service.NAME]</c> of a cluster's file.</summary>
internal static class ServiceReader
{
    private static readonly string[] ServiceKeys =
    [
        "kind", "secondaries", "spares", "durability", "min-in-sync", "total-loss", "restarts", "restart-minutes",
        "tcp",
    ];

    /// <summary>What means nothing to a program of its own.</summary>
    private static readonly string[] StateKeys =
        ["durability", "min-in-sync", "total-loss", "restarts", "restart-minutes"];

    private static readonly string[] TotalLosses = ["wait", "start-empty"];
    private static readonly string[] Durabilities = ["disk", "memory"];

    /// <summary>The kinds of service that come with Understudy.</summary>
    public static IReadOnlyCollection<string> BuiltIn { get; } =
        [ServiceConfiguration.KeyValue, ServiceConfiguration.ExternalKind];

    public static List<ServiceConfiguration> Read(
        TableReader file,
        List<NodeConfiguration> nodes,
        IReadOnlyCollection<string> kinds,
        ConfigurationProblems problems)
    {
        List<ServiceConfiguration> services = [];
        Dictionary<string, (string Name, Place Place)> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, table) in file.Tables("service", "service.kv"))
        {
            Names.Check(name, "service name", table.Place, problems);
            if (!names.TryAdd(name, (name, table.Place)))
                problems.Add(table.Place,
                    $"the services \"{names[name].Name}\" (line {names[name].Place.Line}) and \"{name}\" " +
                    "differ only in case",
                    "Every service needs a name of its own.");
            if (nodes.Count > 0 && !nodes.Any(node => node.Hosts))
                problems.Add(table.Place, $"no node can host the service \"{Names.Printable(name)}\"",
                    "Every node is a witness. Remove witness = true from at least one.");
            if (ReadOne(name, table, nodes, kinds, problems) is { } service) services.Add(service);
        }

        TcpReader.CheckPorts(services, nodes, name => names[name.Value].Place, problems);
        return services;
    }

    private static ServiceConfiguration? ReadOne(
        string name,
        TomlItem.Table table,
        List<NodeConfiguration> nodes,
        IReadOnlyCollection<string> kinds,
        ConfigurationProblems problems)
    {
        var reader = new TableReader(table, $"[service.{Names.Printable(name)}]", ServiceKeys, problems);
        var kind = reader.Text("kind", "\"kv\"", required: true);
        var known = kind is null ? null : Names.Choose(kind, "kind", [.. kinds], reader.PlaceOf("kind"), problems);
        var durability = reader.Text("durability", "\"disk\"", required: false);
        if (durability is not null)
            durability = Names.Choose(durability, "durability", Durabilities, reader.PlaceOf("durability"), problems);
        var secondaries = reader.Count("secondaries", ServiceConfiguration.MaxProviders);
        var spares = reader.Count("spares", ServiceConfiguration.MaxProviders);
        var totalLoss = reader.Text("total-loss", "\"wait\"", required: false);
        if (totalLoss is not null)
            totalLoss = Names.Choose(totalLoss, "total-loss", TotalLosses, reader.PlaceOf("total-loss"), problems);
        var minInSync = reader.Count("min-in-sync", 1, 1 + ServiceConfiguration.MaxProviders, "providers") ?? 1;
        CheckMinInSync(reader, minInSync, secondaries ?? ServiceConfiguration.DefaultSecondaries, problems);
        var restarts = reader.Count("restarts", 0, ServiceConfiguration.MaxRestarts, "restarts");
        var minutes = reader.Count("restart-minutes", 1, 24 * 60, "minutes");
        var tcp = TcpReader.Read(reader, $"[service.{Names.Printable(name)}.tcp]", nodes, problems);
        if (known is null) return null;
        if (known == ServiceConfiguration.ExternalKind)
        {
            CheckExternal(reader, tcp, problems);
            var external = ServiceConfiguration.External(name) with { Tcp = tcp };
            return external with
            {
                Secondaries = secondaries ?? external.Secondaries,
                Spares = spares ?? external.Spares,
            };
        }

        return new ServiceConfiguration(
            new ServiceName(name),
            known,
            secondaries ?? ServiceConfiguration.DefaultSecondaries,
            spares ?? ServiceConfiguration.DefaultSpares,
            durability == "memory" ? Durability.Memory : Durability.Disk)
        {
            Tcp = tcp,
            MinInSync = minInSync,
            TotalLoss = totalLoss == "start-empty" ? TotalLoss.StartEmpty : TotalLoss.Wait,
            Restarts = restarts ?? 1,
            RestartWindow = TimeSpan.FromMinutes(minutes ?? 10),
        };
    }

    private static void CheckExternal(TableReader reader, TcpConfiguration? tcp, ConfigurationProblems problems)
    {
        foreach (var key in StateKeys.Where(reader.Has))
        {
            problems.Add(reader.PlaceOf(key), $"\"{key}\" means nothing to a service of kind \"external\"",
                "Understudy has neither its code nor its state: remove the line.");
        }

        if (tcp is null) reader.Require("tcp", "{ listen = 6380, backend = 6379 }");
    }

    private static void CheckMinInSync(
        TableReader reader, int minInSync, int secondaries, ConfigurationProblems problems)
    {
        if (minInSync <= 1 + secondaries) return;
        problems.Add(reader.PlaceOf("min-in-sync"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"min-in-sync = {minInSync} can never be met with {secondaries} secondaries"),
            "The primary counts too: it is at most one more than secondaries.");
    }
}
