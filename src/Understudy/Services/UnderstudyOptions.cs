using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy;

/// <summary>Which node of which cluster runs in this process. The same cluster on every node.</summary>
public sealed class UnderstudyOptions
{
    /// <summary>This node's id, one of the configured ones. Required.</summary>
    public string Node { get; set; } = "";

    /// <summary>
    /// The folder of this node's durable state, created if need be and used by one process at a time. Required.
    /// </summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>
    /// The cluster's TOML file, as <c>understudy node</c> reads it. Either this, or <see cref="Nodes"/>.
    /// </summary>
    public string? ConfigurationFile { get; set; }

    /// <summary>The cluster's name, for people. Default <c>understudy</c>. Not with a file.</summary>
    public string Cluster { get; set; } = "understudy";

    /// <summary>All timings. Default <see cref="Profile.Lan"/>. Not with a file.</summary>
    public Profile Profile { get; set; } = Profile.Lan;

    /// <summary>Every node of the cluster. Not with a file.</summary>
    public IList<NodeConfiguration> Nodes { get; } = [];

    /// <summary>
    /// Whether the process ends when a worker (<see cref="UnderstudyBuilder.AddPrimaryOnly{TWorker}"/>) has not stopped
    /// and the node's view lease does: by a message in the log and, at the lease's very end, by a timer of the Linux
    /// kernel that also kills a process that is stopped or hangs. Default true. Without it a worker that hangs may run
    /// while another node runs it too; turn it off only where several nodes share a process, as in tests. On other
    /// systems, and while a debugger is attached when the node starts, there is no such timer, and the log says so.
    /// </summary>
    public bool EndProcessWithLease { get; set; } = true;

    /// <summary>The whole configuration, checked once.</summary>
    /// <exception cref="InvalidOperationException">It cannot be used; the message names every reason.</exception>
    internal ClusterConfiguration Build(IReadOnlyList<ServiceConfiguration> services)
    {
        List<string> problems = [];
        if (Node.Length == 0) problems.Add("Node is not set: which of the cluster's nodes is this?");
        if (DataDirectory.Length == 0) problems.Add("DataDirectory is not set: where is this node's durable state?");
        var configuration = ConfigurationFile is { } file ? FromFile(file, services, problems) : FromCode(services);
        if (configuration is not null) Check(configuration, problems);
        if (problems.Count == 0) return configuration!;
        throw new InvalidOperationException(
            "AddUnderstudy's options cannot be used.\n  " + string.Join("\n  ", problems));
    }

    private ClusterConfiguration FromCode(IReadOnlyList<ServiceConfiguration> services) => new()
    {
        Cluster = Cluster,
        Profile = Profile,
        Nodes = [.. Nodes.OrderBy(node => node.Id)],
        Services = [.. services.OrderBy(service => service.Name)],
    };

    private ClusterConfiguration? FromFile(
        string file, IReadOnlyList<ServiceConfiguration> services, List<string> problems)
    {
        if (Nodes.Count > 0) problems.Add("Both ConfigurationFile and Nodes are set. Keep one of them.");
        string[] kinds = [.. services.Select(service => service.Kind), .. ServiceReader.BuiltIn];
        switch (Understudy.ConfigurationFile.Read(file, kinds))
        {
            case ConfigurationResult.Invalid invalid:
                problems.AddRange(invalid.Problems.Select(problem => problem.ToString()));
                return null;
            case ConfigurationResult.Valid { Configuration: var read }:
                var known = read.Services.Select(service => service.Name).ToHashSet();
                var added = services.ToLookup(service => service.Name);
                ImmutableArray<ServiceConfiguration> all =
                [
                    .. read.Services.Select(
                        service => AsAdded(Completed(service, added[service.Name].FirstOrDefault()), services)),
                    .. services.Where(service => !known.Contains(service.Name)),
                ];
                return read with { Services = [.. all.OrderBy(service => service.Name)] };
            default: return null;
        }
    }

    /// <summary>What the file does not say at all of rules, hosts, what is held, and draining, the code does.</summary>
    private static ServiceConfiguration Completed(ServiceConfiguration read, ServiceConfiguration? added) =>
        added is null
            ? read
            : read with
            {
                Rules = read.Rules == ServiceRules.None ? added.Rules : read.Rules,
                Hosts = read.Hosts.IsEmpty ? added.Hosts : read.Hosts,
                Hold = read.Hold == HoldConfiguration.Default ? added.Hold : read.Hold,
                Drain = read.Drain == TimeSpan.Zero ? added.Drain : read.Drain,
            };

    /// <summary>The code says whether a kind is a worker; then the file's shape means nothing.</summary>
    private static ServiceConfiguration AsAdded(
        ServiceConfiguration read, IReadOnlyList<ServiceConfiguration> services) =>
        services.FirstOrDefault(service => service.Kind == read.Kind) is { IsExclusive: true } worker
            ? worker with { Name = read.Name }
            : read;

    private void Check(ClusterConfiguration configuration, List<string> problems)
    {
        if (configuration.Nodes.IsEmpty) problems.Add("There are no nodes: set ConfigurationFile, or add to Nodes.");
        else if (Node.Length > 0 && configuration.Find(new NodeId(Node)) is null)
        {
            problems.Add(
                $"Node is \"{Node}\", but the cluster has {string.Join(", ", configuration.Nodes.Select(n => n.Id))}.");
        }

        foreach (var same in configuration.Nodes.GroupBy(node => node.Id).Where(group => group.Count() > 1))
            problems.Add($"Nodes has {same.Key} more than once. Give every node an id of its own.");
        foreach (var same in configuration.Services.GroupBy(service => service.Name).Where(group => group.Count() > 1))
            problems.Add($"The service {same.Key} is added more than once. Give every service a name of its own.");
        CheckRules(configuration, problems);
        CheckHosts(configuration, problems);
        var voters = configuration.Nodes.Count(node => node.Votes);
        if (!configuration.Nodes.IsEmpty && voters is 0 or > ClusterConfiguration.MaxVoters)
            problems.Add($"There are {voters} voters; a cluster has 1 to {ClusterConfiguration.MaxVoters}.");
    }

    private static void CheckHosts(ClusterConfiguration configuration, List<string> problems)
    {
        Dictionary<string, ServiceName> owners = new(StringComparer.OrdinalIgnoreCase);
        foreach (var service in configuration.Services)
        {
            foreach (var host in service.Hosts)
            {
                if (!ServiceConfiguration.IsHost(host))
                    problems.Add($"{service.Name}: \"{host}\" is not a host. Write its name without port and path.");
                else if (!owners.TryAdd(host, service.Name) && owners[host] != service.Name)
                    problems.Add($"The host \"{host}\" leads to {owners[host]} and to {service.Name}. Give it to one.");
            }
        }
    }

    private static void CheckRules(ClusterConfiguration configuration, List<string> problems)
    {
        SortedDictionary<ServiceName, ServiceDefinition> definitions = [];
        foreach (var service in configuration.Services) definitions[service.Name] = service.ToDefinition();
        foreach (var (name, definition) in definitions)
        {
            foreach (var other in definition.With.Concat(definition.After).Concat(definition.Apart))
            {
                if (definitions.ContainsKey(other)) continue;
                problems.Add($"{name} has a rule about \"{other}\", but there is no such service: there are "
                    + $"{string.Join(", ", definitions.Keys)}.");
            }

            foreach (var node in definition.Preferred.Concat(definition.Only).Concat(definition.Never))
            {
                if (configuration.Find(node) is null)
                    problems.Add($"{name} has a rule about the node \"{node}\", but the cluster has no such node.");
            }
        }

        if (ServiceGroups.FindCycle(definitions) is { } cycle)
            problems.Add($"Services cannot wait for each other: {cycle}. Take one of these rules away.");
    }
}
