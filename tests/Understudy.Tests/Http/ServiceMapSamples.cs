using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Tests.Http;

/// <summary>Service maps as nodes adopt them.</summary>
internal static class ServiceMapSamples
{
    public static readonly ClusterId Cluster = new(7);

    /// <summary>A map of one generation.</summary>
    /// <param name="sequence">The registry's checkpoint.</param>
    /// <param name="services">Each with its version and the node of its primary, or none.</param>
    public static ServiceMap Map(long sequence, params (string Name, long Version, string? Primary)[] services) =>
        new(new ConfigurationVersion(1), sequence, [.. services.Select(s => Entry(s.Name, s.Version, s.Primary))]);

    public static ServiceEntry Entry(string name, long version, string? primary)
    {
        var service = new ServiceName(name);
        ImmutableArray<Provider> inSync = [Provider("n1"), Provider("n2")];
        return new ServiceEntry(
            new ServiceDefinition(service, "kv", 1, 0, true),
            new Configuration(
                service,
                new ConfigurationVersion(version),
                new Lineage(1),
                primary is null ? null : Provider(primary).Member,
                inSync,
                new Epoch(1)));
    }

    private static Provider Provider(string node) =>
        new(new MemberId(new NodeId(node), new Incarnation(1, 1)), new DiskId(1));
}
