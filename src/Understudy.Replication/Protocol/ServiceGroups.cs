using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Which services move as one: those that <c>with</c> connects, directly or not. In each group, and among the groups
/// as far as that can be, sponsors come before their dependents.
/// </summary>
public sealed class ServiceGroups
{
    private readonly Dictionary<ServiceName, ImmutableArray<ServiceName>> _groupOf = [];

    public ServiceGroups(IEnumerable<ServiceDefinition> definitions)
    {
        SortedDictionary<ServiceName, ServiceDefinition> all = [];
        foreach (var definition in definitions) all.Add(definition.Name, definition);
        Dictionary<ServiceName, ServiceName> roots = [];
        foreach (var (name, definition) in all)
        {
            // An exclusive service moves by rules of its own, and so alone.
            foreach (var sponsor in definition.With.Where(s => all.ContainsKey(s) && !all[s].IsExclusive))
            {
                if (!definition.IsExclusive) Unite(roots, name, sponsor);
            }
        }

        SortedDictionary<int, List<ServiceName>> groups = [];
        Dictionary<ServiceName, int> numbers = [];
        foreach (var name in StartOrder(all))
        {
            var root = Root(roots, name);
            if (!numbers.TryGetValue(root, out var number)) numbers.Add(root, number = numbers.Count);
            if (!groups.TryGetValue(number, out var group)) groups.Add(number, group = []);
            group.Add(name);
        }

        All = [.. groups.Values.Select(group => group.ToImmutableArray())];
        foreach (var group in All)
        {
            foreach (var name in group) _groupOf.Add(name, group);
        }
    }

    /// <summary>Every group once; a service of its own is a group of one.</summary>
    public ImmutableArray<ImmutableArray<ServiceName>> All { get; }

    /// <summary>The group of a service, itself included.</summary>
    public ImmutableArray<ServiceName> Of(ServiceName name) => _groupOf.GetValueOrDefault(name, [name]);

    /// <summary>The first cycle of <c>with</c> and <c>after</c>, as a path, or null.</summary>
    public static string? FindCycle(IReadOnlyDictionary<ServiceName, ServiceDefinition> definitions)
    {
        HashSet<ServiceName> done = [];
        List<ServiceName> path = [];
        foreach (var name in definitions.Keys.Order())
        {
            if (FindCycle(name, definitions, done, path) is { } cycle) return cycle;
        }

        return null;
    }

    private static string? FindCycle(
        ServiceName name,
        IReadOnlyDictionary<ServiceName, ServiceDefinition> definitions,
        HashSet<ServiceName> done,
        List<ServiceName> path)
    {
        if (path.IndexOf(name) is >= 0 and var start) return string.Join(" -> ", path.Skip(start).Append(name));
        if (!definitions.TryGetValue(name, out var definition) || done.Contains(name)) return null;
        path.Add(name);
        foreach (var sponsor in definition.With.Concat(definition.After))
        {
            if (FindCycle(sponsor, definitions, done, path) is { } cycle) return cycle;
        }

        path.RemoveAt(path.Count - 1);
        done.Add(name);
        return null;
    }

    /// <summary>Sponsors first, else by name.</summary>
    private static List<ServiceName> StartOrder(SortedDictionary<ServiceName, ServiceDefinition> all)
    {
        List<ServiceName> order = [];
        HashSet<ServiceName> seen = [];
        foreach (var name in all.Keys) Visit(name);
        return order;

        void Visit(ServiceName name)
        {
            if (!all.TryGetValue(name, out var definition) || !seen.Add(name)) return;
            foreach (var sponsor in definition.With.Concat(definition.After)) Visit(sponsor);
            order.Add(name);
        }
    }

    private static ServiceName Root(Dictionary<ServiceName, ServiceName> roots, ServiceName name)
    {
        while (roots.TryGetValue(name, out var next)) name = next;
        return name;
    }

    private static void Unite(Dictionary<ServiceName, ServiceName> roots, ServiceName one, ServiceName other)
    {
        var (a, b) = (Root(roots, one), Root(roots, other));
        if (a != b) roots[a] = b;
    }
}
