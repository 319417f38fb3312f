using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>One service as the RM decides on it in one view, beside services that load some nodes.</summary>
internal static class PlannedService
{
    /// <summary>Its first configuration, or null if it is not started.</summary>
    public static Configuration? Start(
        ServiceDefinition definition, View view, (int Node, int Services)[]? load, int[]? leaving) =>
        Decide(new ServiceEntry(definition, Configuration.NotStarted(definition.Name)), view, load, leaving);

    /// <summary>
    /// What follows the present configuration, or null if it stands. Primaries that are frozen have nothing in flight.
    /// </summary>
    public static Configuration? Next(
        ServiceDefinition definition,
        Configuration present,
        View view,
        (int Node, int Services)[]? load = null,
        int[]? leaving = null) =>
        Decide(new ServiceEntry(definition, present), view, load, leaving);

    private static Configuration? Decide(
        ServiceEntry entry, View view, (int Node, int Services)[]? load, int[]? leaving)
    {
        var registry = new Registry();
        registry.Change(Change([entry, .. (load ?? []).SelectMany(l => Others(l.Node, l.Services))]), 0);
        SortedSet<MemberId> gone = [.. (leaving ?? []).Select(n => view.MemberOn(Cast.Node(n))!.Id)];

        // What is decided first may be to freeze; the next decision moves the primary.
        for (var i = 0; i < 2; i++)
        {
            var decision = new Decision(registry, view, gone, TimeSpan.Zero, "test") { IsDrained = _ => true };
            ConfigurationPlanner.Plan(decision, [[entry.Definition.Name]], Profile.Lan, Mutation.None);
            registry.Change(decision.ToChange(), 0);
        }

        var next = registry.Find(entry.Definition.Name)!.Configuration;
        return next.Version == entry.Configuration.Version ? null : next;
    }

    public static RegistryChange Change(IReadOnlyCollection<ServiceEntry> services) =>
        new(services, [], [], null, [], TimeSpan.Zero);

    private static IEnumerable<ServiceEntry> Others(int node, int count) => Enumerable.Range(1, count)
        .Select(i => new ServiceName($"other-{node}-{i}"))
        .Select(name => new ServiceEntry(
            new ServiceDefinition(name, "kv", 0, 0, true),
            new Configuration(
                name, Cast.Version(1), new Lineage(1), Cast.Id(node), Cast.Providers(node), new Epoch(1))));
}
