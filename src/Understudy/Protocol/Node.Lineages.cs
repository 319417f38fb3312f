using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// The copies of a service's lineages on this node. When a new lineage begins, the copy of the one before is kept
/// aside on disk, under its own name: it is never used, merged or deleted by itself.
/// </summary>
public sealed partial class Node
{
    private readonly SortedSet<ServiceName> _aside = [];
    private ILookup<ServiceName, ServiceName> _copies = Array.Empty<ServiceName>().ToLookup(name => name);

    /// <summary>
    /// The services whose copies the disk has, whole or damaged, are hosted from the start; others when they are placed
    /// here, or their primary brings them up.
    /// </summary>
    private void FindCopies()
    {
        _copies = _stored.Replicas.Keys.Where(s => s != Registry.Name)
            .Concat(_stored.Records.Where(r => !r.Value.IsEmpty).Select(r => StoredNode.VoidStream(r.Key))
                .OfType<ServiceName>())
            .ToLookup(ServiceStream.Service);
        foreach (var definition in _options.Services)
        {
            if (!definition.IsExclusive && _copies.Contains(definition.Name)) Host(definition);
        }
    }

    /// <summary>The copy of the latest lineage that is on disk, or an empty one.</summary>
    private HostedService MakeHosted(ServiceDefinition definition)
    {
        var name = definition.Name;
        var streams = definition.Durable ? StoredStreamsOf(name) : [];
        var lineage = streams.IsEmpty ? default : ServiceStream.LineageOf(streams[^1]);
        var stream = streams.IsEmpty ? name : streams[^1];
        _aside.UnionWith(streams.Where(s => s != stream));
        var replica = new Replica(
            stream,
            _self,
            definition.Durable,
            definition.Durable ? _stored.Replicas.GetValueOrDefault(stream) : null,
            _options.Profile,
            _mutations);
        return new HostedService(definition, replica, lineage, stream);
    }

    /// <summary>In order of lineage.</summary>
    private ImmutableArray<ServiceName> StoredStreamsOf(ServiceName service) =>
    [
        .. _copies[service].Where(s => _stored.Replicas.ContainsKey(s) && ServiceStream.LineageOf(s).Value > 0)
            .Distinct()
            .OrderBy(s => ServiceStream.LineageOf(s).Value),
    ];

    /// <summary>A configuration of a newer lineage than this node's copy: that one is kept aside.</summary>
    private void BeginLineage(HostedService hosted, Configuration configuration)
    {
        var (name, before, was) = (configuration.Service, hosted.Stream, hosted.Replica);
        var stream = (_mutations & Mutation.LineageIgnored) == 0
            ? ServiceStream.Of(name, configuration.Lineage)
            : name;
        if (stream == before)
        {
            hosted.BeginLineage(configuration.Lineage, stream, was);
            return;
        }

        var wasPrimary = hosted.IsPrimary;
        List<ReplicaEffect> effects = [];
        Replica? next = null;
        var isDamaged = EndVoid(hosted, stream);
        var isCopied = configuration.Origin == _self.Node && !isDamaged;
        InReplica(was, name, r => next = r.BeginLineage(stream, isCopied, effects));
        next!.MayTransfer = false; // Until it is its turn.
        hosted.BeginLineage(configuration.Lineage, stream, next);
        hosted.StartAnewAt = null;
        foreach (var effect in effects) Perform(next, name, effect);
        if (wasPrimary) Report(new NodeEvent.PrimaryDeposed(name, was.Version));
        if (!hosted.Definition.Durable || was.LastSequence == 0) return;
        _aside.Add(before);
        Report(new NodeEvent.Alarm(
            $"{name} goes on in lineage {configuration.Lineage}: the copy that is here of lineage "
            + $"{ServiceStream.LineageOf(before)} is kept aside, and is not used"));
    }

    /// <summary>The service was removed, and an operator asked for that: all its copies go.</summary>
    private void DeleteCopies(HostedService hosted)
    {
        if (!hosted.Definition.Durable) return;
        var name = hosted.Definition.Name;
        SortedSet<ServiceName> streams =
            [.. StoredStreamsOf(name), .. _aside.Where(s => ServiceStream.Service(s) == name), hosted.Stream];
        Write(StoreFile.Data, [.. streams.Select(s => new StoreWrite.RemoveReplica(s))]);
        _aside.ExceptWith(streams);
    }
}
