using System.Collections.Immutable;

namespace Understudy;

/// <summary>Reads which host names lead to which service.</summary>
internal static class HostsReader
{
    private const string Key = "hosts";
    private const string Example = "[\"shop.example.com\"]";

    public static ImmutableArray<string> Read(TableReader reader, ConfigurationProblems problems)
    {
        var hosts = reader.Texts(Key, Example) ?? [];
        foreach (var host in hosts)
        {
            if (ServiceConfiguration.IsHost(host)) continue;
            problems.Add(reader.PlaceOf(Key), $"\"{Names.Printable(host)}\" is not the name of a host",
                $"Write names or addresses without port and path, such as {Key} = {Example}.");
        }

        return ImmutableArray.Create(hosts); // The one that is empty, if it is: records compare it as it is.
    }

    /// <summary>Each name leads to one service.</summary>
    public static void Check(TableReader file, ConfigurationProblems problems)
    {
        Dictionary<string, (string Service, Place Place)> owners = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (service, table) in file.Tables("service", "service.kv"))
        {
            if (!table.Items.TryGetValue(Key, out var item) || item is not TomlItem.Scalar { Value: string[] hosts })
                continue;
            foreach (var host in hosts)
            {
                if (owners.TryAdd(host, (service, item.Place)) || owners[host].Service == service) continue;
                problems.Add(item.Place,
                    $"the host \"{Names.Printable(host)}\" leads to {Names.Printable(service)} and to "
                    + $"{Names.Printable(owners[host].Service)} (line {owners[host].Place.Line})",
                    "Give each host to one service.");
            }
        }
    }
}
