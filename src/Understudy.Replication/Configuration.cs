using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What an operator asks for a service: the shape the RM keeps trying to reach.</summary>
/// <param name="Name">The service.</param>
/// <param name="Kind">Which code provides it.</param>
/// <param name="Secondaries">How many providers besides the primary receive checkpoints.</param>
/// <param name="Spares">How many further nodes stand by with no state.</param>
/// <param name="Durable">True if a checkpoint is on disk before it counts as received (durability <c>disk</c>).</param>
public sealed record ServiceDefinition(ServiceName Name, string Kind, int Secondaries, int Spares, bool Durable);

/// <summary>A provider in an in-sync set: the incarnation that holds the role, and the disk its copy is on.</summary>
public readonly record struct Provider(MemberId Member, DiskId Disk);

/// <summary>
/// Who provides a service (the record of FIG 3). A new version is made when the primary, the in-sync set, an in-sync
/// incarnation or the lineage changes, and only then.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Version">Every message about the service carries it; older ones are refused (seal).</param>
/// <param name="Lineage">The line of descent of the state.</param>
/// <param name="Primary">The provider that answers, or null while the service waits for an in-sync one.</param>
/// <param name="InSync">The providers, the primary among them, that have every committed checkpoint.</param>
/// <param name="Cause">The view in which this version was decided; names the failover in the logs of all nodes.</param>
/// <param name="IsPlanned">
/// True if the primary moved because its node was asked to stop: a switchover, with an id of its own in the logs.
/// </param>
public sealed record Configuration(
    ServiceName Service,
    ConfigurationVersion Version,
    Lineage Lineage,
    MemberId? Primary,
    ImmutableArray<Provider> InSync,
    Epoch Cause,
    bool IsPlanned = false)
{
    public bool IsInSync(MemberId member)
    {
        foreach (var provider in InSync)
        {
            if (provider.Member == member) return true;
        }

        return false;
    }
}

/// <summary>A service with its present configuration.</summary>
public sealed record ServiceEntry(ServiceDefinition Definition, Configuration Configuration);

/// <summary>Every service's configuration, as the RM of a generation last committed it.</summary>
/// <param name="Generation">The version in which the RM's primary serves; orders of an older RM are refused.</param>
/// <param name="Sequence">The registry's last committed checkpoint that is in this map.</param>
/// <param name="Services">In order of name.</param>
public sealed record ServiceMap(
    ConfigurationVersion Generation, long Sequence, ImmutableArray<ServiceEntry> Services)
{
    public static readonly ServiceMap Empty = new(ConfigurationVersion.None, 0, []);

    public ServiceEntry? Find(ServiceName name)
    {
        foreach (var entry in Services)
        {
            if (entry.Definition.Name == name) return entry;
        }

        return null;
    }
}
