using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy;

/// <summary>Reads where a service of the cluster's file may be, and beside which others.</summary>
internal static class ServiceRulesReader
{
    private const string Nodes = "[\"n1\", \"n2\"]";
    private const string Services = "[\"orders\"]";

    public static ServiceRules Read(TableReader reader, ConfigurationProblems problems) => new()
    {
        Preferred = List(reader, "preferred", Nodes, "node name", problems, static name => new NodeId(name)),
        Only = List(reader, "only", Nodes, "node name", problems, static name => new NodeId(name)),
        Never = List(reader, "never", Nodes, "node name", problems, static name => new NodeId(name)),
        With = List(reader, "with", Services, "service name", problems, static name => new ServiceName(name)),
        After = List(reader, "after", Services, "service name", problems, static name => new ServiceName(name)),
        Apart = List(reader, "apart", Services, "service name", problems, static name => new ServiceName(name)),
    };

    /// <summary>Whether what the rules name is there, and no service waits for itself.</summary>
    /// <param name="file">The file.</param>
    /// <param name="services">All that could be read.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="kinds">What the node has code for: such a service may be added by the program alone.</param>
    /// <param name="problems">Where problems go.</param>
    public static void Check(
        TableReader file,
        List<ServiceConfiguration> services,
        List<NodeConfiguration> nodes,
        IReadOnlyCollection<string> kinds,
        ConfigurationProblems problems)
    {
        var places = file.Tables("service", "service.kv").ToDictionary(t => t.Name, t => t.Table);
        string[] nodeNames = [.. nodes.Select(node => node.Id.Value)];
        string[] serviceNames = [.. places.Keys.Concat(kinds.Where(kind => !ServiceReader.BuiltIn.Contains(kind)))];
        foreach (var service in services)
        {
            var (table, rules) = (places[service.Name.Value], service.Rules);
            foreach (var (key, named) in new[]
            {
                ("preferred", rules.Preferred), ("only", rules.Only), ("never", rules.Never),
            })
            {
                foreach (var node in named) CheckName(node.Value, nodeNames, "node", table.Items[key].Place, problems);
            }

            foreach (var (key, named) in new[] { ("with", rules.With), ("after", rules.After), ("apart", rules.Apart) })
            {
                foreach (var other in named)
                    CheckName(other.Value, serviceNames, "service", table.Items[key].Place, problems);
            }
        }

        if (problems.Any) return;
        var definitions = services.ToDictionary(service => service.Name, service => service.ToDefinition());
        if (ServiceGroups.FindCycle(definitions) is not { } cycle) return;
        problems.Add($"services cannot wait for each other: {cycle}", "Take one of these rules away.");
    }

    private static void CheckName(
        string name, string[] known, string what, Place place, ConfigurationProblems problems)
    {
        if (known.Contains(name)) return;
        var guess = Spelling.Nearest(name, known);
        problems.Add(place, $"there is no {what} \"{name}\"",
            guess is null ? $"There are {string.Join(", ", known)}." : $"Did you mean \"{guess}\"?");
    }

    private static ImmutableArray<T> List<T>(
        TableReader reader,
        string key,
        string example,
        string what,
        ConfigurationProblems problems,
        Func<string, T> make)
    {
        var names = reader.Texts(key, example) ?? [];
        var place = reader.PlaceOf(key);
        return [.. names.Distinct().Where(name => Names.Check(name, what, place, problems)).Select(make)];
    }
}
