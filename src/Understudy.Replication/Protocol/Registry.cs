using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// The RM's state: every service's wanted shape and configuration. A checkpoint is the entries that change.
/// </summary>
public sealed class Registry : IReplicatedState
{
    /// <summary>The RM is itself a service under this name; no configured service may have it.</summary>
    public static readonly ServiceName Name = new("~registry");

    private readonly SortedDictionary<ServiceName, ServiceEntry> _services = [];

    public ImmutableArray<ServiceEntry> Services => [.. _services.Values];

    public ServiceEntry? Find(ServiceName name) => _services.GetValueOrDefault(name);

    /// <summary>Makes the changes here and gives them as a checkpoint.</summary>
    public ReadOnlyMemory<byte> Change(IReadOnlyCollection<ServiceEntry> changed)
    {
        var writer = new ByteWriter();
        foreach (var entry in changed)
        {
            if (_services.TryGetValue(entry.Definition.Name, out var before))
            {
                Invariant.Holds(
                    entry.Configuration.Version > before.Configuration.Version,
                    $"OnePrimary: the version of {entry.Definition.Name} only grows");
            }

            _services[entry.Definition.Name] = entry;
            writer.Bytes(ReplicationCodec.EncodeServiceEntry(entry));
        }

        return writer.ToMemory();
    }

    public Execution Execute(ReadOnlyMemory<byte> request) =>
        throw new InvalidOperationException("The registry is changed by the RM alone, not by requests.");

    public void Apply(ReadOnlyMemory<byte> checkpoint)
    {
        var reader = new ByteReader(checkpoint);
        while (!reader.Rest().IsEmpty)
        {
            var entry = ReplicationCodec.DecodeServiceEntry(reader.Bytes().Span);
            _services[entry.Definition.Name] = entry;
        }
    }

    public ReadOnlyMemory<byte> Save()
    {
        var writer = new ByteWriter();
        foreach (var entry in _services.Values) writer.Bytes(ReplicationCodec.EncodeServiceEntry(entry));
        return writer.ToMemory();
    }

    public void Load(ReadOnlyMemory<byte> state)
    {
        _services.Clear();
        Apply(state);
    }
}
