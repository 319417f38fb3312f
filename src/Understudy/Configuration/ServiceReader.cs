using System.Globalization;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using Understudy.Replication;

namespace Understudy;

/// <summary>Reads every <c>[service.NAME]</c> of a cluster's file.</summary>
internal static class ServiceReader
{
    private const string Drain = "drain-seconds";
    private const string KeepKeys = "keep-keys";
    private const string Periodic = "periodic";

    private static readonly string[] ServiceKeys =
    [
        "kind", "secondaries", "spares", "durability", "checkpoints", "interval", "min-in-sync", "total-loss",
        "restarts", "restart-minutes", "audit-every", KeepKeys, "preferred", "only", "never", "with", "after", "apart",
        "tcp", "http", "hosts", "hold", Drain,
    ];

    private static readonly string[] Modes = ["before-reply", Periodic];

    /// <summary>What means nothing to a program of its own.</summary>
    private static readonly string[] StateKeys =
    [
        "durability", "checkpoints", "interval", "min-in-sync", "total-loss", "restarts", "restart-minutes",
        "audit-every", KeepKeys,
    ];

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
            if (name == Registry.ShortName)
                problems.Add(table.Place, $"\"{name}\" is the replica manager's own name", "Choose another one.");
            if (nodes.Count > 0 && !nodes.Any(node => node.Hosts))
                problems.Add(table.Place, $"no node can host the service \"{Names.Printable(name)}\"",
                    "Every node is a witness. Remove witness = true from at least one.");
            if (ReadOne(name, table, nodes, kinds, problems) is { } service) services.Add(service);
        }

        ServiceRulesReader.Check(file, services, nodes, kinds, problems);
        TcpReader.CheckPorts(services, nodes, name => names[name.Value].Place, problems);
        HostsReader.Check(file, problems);
        HttpReader.CheckPorts(services, nodes, name => names[name.Value].Place, problems);
        return services;
    }

    private static ServiceConfiguration? ReadOne(
        string name,
        TomlItem.Table table,
        List<NodeConfiguration> nodes,
        IReadOnlyCollection<string> kinds,
        ConfigurationProblems problems)
    {
        var shown = $"[service.{Names.Printable(name)}]";
        var reader = new TableReader(table, shown, ServiceKeys, problems);
        var kind = reader.Text("kind", "\"kv\"", required: true);
        var known = kind is null ? null : Names.Choose(kind, "kind", [.. kinds], reader.PlaceOf("kind"), problems);
        var isInMemory = Choice(reader, "durability", Durabilities, problems) == "memory";
        var secondaries = reader.Count("secondaries", ServiceConfiguration.MaxProviders);
        var spares = reader.Count("spares", ServiceConfiguration.MaxProviders);
        var totalLoss = Choice(reader, "total-loss", TotalLosses, problems);
        var minInSync = reader.Count("min-in-sync", 1, 1 + ServiceConfiguration.MaxProviders, "providers") ?? 1;
        CheckMinInSync(reader, minInSync, secondaries ?? ServiceConfiguration.DefaultSecondaries, problems);
        var restarts = reader.Count("restarts", 0, ServiceConfiguration.MaxRestarts, "restarts");
        var minutes = reader.Count("restart-minutes", 1, 24 * 60, "minutes");
        var (checkpoints, interval) = ReadCheckpoints(reader, problems);
        var rules = ServiceRulesReader.Read(reader, problems);
        var below = shown.TrimEnd(']');
        var tcp = TcpReader.Read(reader, $"{below}.tcp]", nodes, problems);
        var hold = HoldReader.Read(reader, $"{below}.hold]", problems);
        var http = HttpReader.Read(reader, $"{below}.http]", nodes, problems);
        var hosts = HostsReader.Read(reader, problems);
        var drain = reader.Count(Drain, 0, (int)HttpConfiguration.Longest.TotalSeconds, "seconds") ?? 0;
        if (known is null) return null;
        if (known == ServiceConfiguration.ExternalKind)
        {
            CheckExternal(reader, shown, problems);
            return Shaped(ServiceConfiguration.External(name), secondaries, spares) with
            {
                Tcp = tcp,
                Http = http,
                Hosts = hosts,
                Hold = hold,
                Rules = rules,
            };
        }

        CheckOwnCode(reader, known, http, problems);
        return Shaped(new ServiceConfiguration(new ServiceName(name), known), secondaries, spares) with
        {
            Durability = isInMemory ? Durability.Memory : Durability.Disk,
            Tcp = tcp,
            Hosts = hosts,
            Hold = hold,
            Drain = TimeSpan.FromSeconds(drain),
            MinInSync = minInSync,
            TotalLoss = totalLoss == "start-empty" ? TotalLoss.StartEmpty : TotalLoss.Wait,
            Restarts = restarts ?? 1,
            RestartWindow = TimeSpan.FromMinutes(minutes ?? 10),
            Checkpoints = checkpoints,
            Interval = interval,
            AuditEvery = ReadAudit(reader),
            KeepKeysFor = ReadKeyAge(reader),
            Rules = rules,
        };
    }

    private static string? Choice(TableReader reader, string key, string[] choices, ConfigurationProblems problems) =>
        reader.Text(key, $"\"{choices[0]}\"", required: false) is { } text
            ? Names.Choose(text, key, choices, reader.PlaceOf(key), problems)
            : null;

    private static (CheckpointMode Mode, TimeSpan Interval) ReadCheckpoints(
        TableReader reader, ConfigurationProblems problems)
    {
        var isPeriodic = Choice(reader, "checkpoints", Modes, problems) == Periodic;
        var interval = reader.Duration(
            "interval",
            "\"1s\"",
            ServiceDefinition.IsInterval,
            "Write a time from \"10ms\" to \"1h\", such as \"1s\".");
        if (interval is not null && !isPeriodic && !problems.Any)
        {
            problems.Add(reader.PlaceOf("interval"), "interval is given, but checkpoints is not \"periodic\"",
                $"Write checkpoints = \"{Periodic}\" too, or remove interval.");
        }

        return (isPeriodic ? CheckpointMode.Periodic : default, interval ?? ServiceDefinition.DefaultInterval);
    }

    private static ServiceConfiguration Shaped(ServiceConfiguration service, int? secondaries, int? spares) =>
        service with { Secondaries = secondaries ?? service.Secondaries, Spares = spares ?? service.Spares };

    private static TimeSpan ReadKeyAge(TableReader reader) => reader.Duration(
        KeepKeys,
        "\"1d\"",
        ServiceConfiguration.IsKeyAge,
        "Write a time from \"1m\" to \"365d\", such as \"12h\".") ?? ServiceDefinition.DefaultKeepKeysFor;

    private static TimeSpan ReadAudit(TableReader reader) => reader.IsText("audit-every", "never")
        ? TimeSpan.Zero
        : reader.Duration(
            "audit-every",
            "\"1d\"",
            every => every > TimeSpan.Zero && ServiceConfiguration.IsAudit(every),
            "Write \"never\", or a time from \"1m\" to \"365d\", such as \"12h\".") ?? ServiceDefinition.Daily;

    private static void CheckOwnCode(
        TableReader reader, string kind, HttpConfiguration? http, ConfigurationProblems problems)
    {
        if (http is null) return;
        problems.Add(reader.PlaceOf("http"), $"\"http\" means nothing to a service of kind \"{kind}\"",
            "Its requests are answered by its own code: remove it, or write kind = \"external\".");
    }

    private static void CheckExternal(TableReader reader, string shown, ConfigurationProblems problems)
    {
        foreach (var key in StateKeys.Where(reader.Has))
        {
            problems.Add(reader.PlaceOf(key), $"\"{key}\" means nothing to a service of kind \"external\"",
                "Understudy has neither its code nor its state: remove the line.");
        }

        if (reader.Has(Drain))
        {
            problems.Add(reader.PlaceOf(Drain), $"\"{Drain}\" means nothing to a service of kind \"external\"",
                "Its program answers: write it in its table http, or tcp.");
        }

        if (reader.Has("tcp") || reader.Has("http")) return;
        problems.Add(reader.PlaceOf("tcp"), $"{shown} has neither \"tcp\" nor \"http\"",
            "Add a line http = { backend = 8080 }, or tcp = { listen = 6380, backend = 6379 }.");
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
