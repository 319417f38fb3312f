using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Tcp;
using Understudy.Web;

// The package's own namespace: "Understudy.Configuration" would hide the configuration of a service.
namespace Understudy;

/// <summary>What the cluster's file says: who is in the cluster, how fast it reacts, which services it keeps.</summary>
public sealed record ClusterConfiguration
{
    /// <summary>The most voters a cluster may have.</summary>
    public const int MaxVoters = 9;

    /// <summary>The cluster's name, for people; the cluster's id is drawn when it forms.</summary>
    public required string Cluster { get; init; }

    /// <summary>All timings; the same on every node. Default <c>lan</c>.</summary>
    public Profile Profile { get; init; } = Profile.Lan;

    /// <summary>
    /// Whether a node that leaves the view three times in an hour, without having said so, gets no services until an
    /// operator releases it. Default true.
    /// </summary>
    public bool Quarantine { get; init; } = true;

    /// <summary>Every configured node, in the order of their ids.</summary>
    public required ImmutableArray<NodeConfiguration> Nodes { get; init; }

    /// <summary>Every configured service, in the order of their names.</summary>
    public ImmutableArray<ServiceConfiguration> Services { get; init; } = [];

    /// <summary>
    /// A hash of everything that all nodes must agree on, so that nodes can tell that their files differ. Comments,
    /// order and layout of the file do not count.
    /// </summary>
    public ulong Fingerprint => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Agreed())));

    /// <summary>A cluster of one voter that keeps one service <c>kv</c> with one provider: for development.</summary>
    /// <param name="http">Where the node's gateway, health and admin API listen.</param>
    /// <param name="address">
    /// Where it listens for nodes (there are none). Default: 100 ports below http, or any free one if that is any.
    /// </param>
    /// <param name="id">The node's id. Default <c>n1</c>.</param>
    public static ClusterConfiguration SingleNode(IPEndPoint http, IPEndPoint? address = null, string id = "n1")
    {
        var kv = new ServiceConfiguration(
            new ServiceName("kv"), ServiceConfiguration.KeyValue, Secondaries: 0, Spares: 0);
        return new ClusterConfiguration
        {
            Cluster = "dev",
            Nodes = [new NodeConfiguration(new NodeId(id), address ?? Below(http), http, NodeKind.Voter)],
            Services = [kv],
        };
    }

    /// <summary>The node of this id, or null if the file has none.</summary>
    public NodeConfiguration? Find(NodeId id) => Nodes.FirstOrDefault(node => node.Id == id);

    /// <summary>Null if a node of this id is configured; else the problem, which names the ids there are.</summary>
    public ConfigurationProblem? CheckSelf(NodeId self, string file)
    {
        if (Find(self) is not null) return null;
        var ids = Nodes.Select(node => node.Id.Value).ToArray();
        var guess = Spelling.Nearest(self.Value, ids);
        var meaning = $"It has {string.Join(", ", ids)}." + (guess is null ? "" : $" Did you mean --id {guess}?");
        return new ConfigurationProblem(file, 0, 0, $"there is no node \"{self}\" in this file", meaning);
    }

    /// <summary>What a node's core is told.</summary>
    /// <param name="kinds">The kinds of services that it has code for.</param>
    /// <param name="self">The node, if it matters which.</param>
    internal NodeOptions ToNodeOptions(IEnumerable<string> kinds, NodeId? self = null) => new(
        Cluster,
        self is { } id && Find(id)?.TransferRate is { } rate ? Profile.WithTransferRate(rate) : Profile,
        [.. Nodes.OrderBy(node => node.Id).Select(node => new NodeOption(node.Id, node.Kind))],
        [.. Services.OrderBy(service => service.Name).Select(service => service.ToDefinition())])
    {
        Quarantine = Quarantine ? QuarantineRule.Default : QuarantineRule.Never,
        Kinds = [.. kinds.Order(StringComparer.Ordinal)],
    };

    /// <summary>
    /// What each node grants a service's requests. One that is not in the file, or not known yet, has what is usual,
    /// and as much time as any.
    /// </summary>
    internal HoldBounds BoundsOf(ServiceName name)
    {
        var own = Services.FirstOrDefault(service => service.Name == name)?.Hold;
        var hold = own ?? HoldConfiguration.Default;
        return new HoldBounds(hold.MaxRequests, hold.MaxBytes, own is null ? LongestHold : TimeOf(own));
    }

    /// <summary>What each node grants a service's answers outside turns.</summary>
    internal HttpBounds AnswerBoundsOf(ServiceName name) => new(
        BoundsOf(name).Time,
        Services.FirstOrDefault(service => service.Name == name)?.Drain ?? TimeSpan.Zero);

    /// <summary>How long a request of any service may wait.</summary>
    internal TimeSpan LongestHold =>
        Services.Select(service => TimeOf(service.Hold)).Append(TimeOf(HoldConfiguration.Default)).Max();

    /// <summary>The TCP connections that a node forwards.</summary>
    internal IEnumerable<TcpListening> TcpOn(NodeId self)
    {
        var http = Find(self)!.Http.Address;
        foreach (var service in Services)
        {
            if (service.Tcp is not { } tcp) continue;
            yield return new TcpListening(
                service.Name,
                new IPEndPoint(http, tcp.PortsOf(self).Listen),
                Nodes.Where(node => node.Hosts).ToImmutableSortedDictionary(
                    node => node.Id, node => new IPEndPoint(node.Address.Address, tcp.PortsOf(node.Id).Backend)),
                new TcpBounds(tcp.Hold ?? TimeOf(service.Hold), tcp.MaxHeld, tcp.MaxConnections, tcp.Drain));
        }
    }

    /// <summary>Which service a host name leads to.</summary>
    internal IReadOnlyDictionary<string, ServiceName> ServicesByHost()
    {
        Dictionary<string, ServiceName> services = new(StringComparer.OrdinalIgnoreCase);
        foreach (var service in Services)
        {
            foreach (var host in service.Hosts) services[host] = service.Name;
        }

        return services;
    }

    /// <summary>The programs to which a node forwards requests.</summary>
    internal IEnumerable<HttpBackend> HttpBackends()
    {
        foreach (var service in Services)
        {
            if (service.Http is not { } http) continue;
            yield return new HttpBackend(
                service.Name,
                Nodes.Where(node => node.Hosts).ToImmutableSortedDictionary(
                    node => node.Id,
                    node => $"http://{new IPEndPoint(node.Address.Address, http.PortOf(node.Id))}"),
                http.IsHttp2,
                new HttpBounds(TimeOf(service.Hold), http.Drain));
        }
    }

    public bool Equals(ClusterConfiguration? other) => other is not null && Agreed() == other.Agreed();

    public override int GetHashCode() => Agreed().GetHashCode(StringComparison.Ordinal);

    private TimeSpan TimeOf(HoldConfiguration hold) => hold.Time ?? NodeRuntime.HoldFor(Profile);

    // Always the same, so that a kept data folder finds its node at the address it had; but 0 is any port that is free.
    private static IPEndPoint Below(IPEndPoint http) =>
        new(http.Address, http.Port == 0 ? 0 : http.Port > 1124 ? http.Port - 100 : http.Port + 100);

    private string Agreed()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cluster {Cluster}\nprofile {Profile.Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"quarantine {Quarantine}\n");
        foreach (var node in Nodes.OrderBy(node => node.Id))
            text.Append(CultureInfo.InvariantCulture, $"node {node.Id} {node.Address} {node.Http} {node.Kind}\n");
        foreach (var service in Services.OrderBy(service => service.Name))
            text.Append(
                CultureInfo.InvariantCulture,
                $"service {service.Name} {service.Kind} {service.Secondaries} {service.Spares} {service.Durability}"
                + $" {service.MinInSync} {service.TotalLoss} {service.Restarts} {service.RestartWindow}"
                + $"{service.Pace}{service.Rules}{(service.Tcp is { } tcp ? $" {tcp}" : "")}"
                + $"{(service.Http is { } http ? $" {http}" : "")}"
                + $"{string.Concat(service.Hosts.Order(StringComparer.Ordinal).Select(host => $" host {host}"))}\n");
        return text.ToString();
    }
}
