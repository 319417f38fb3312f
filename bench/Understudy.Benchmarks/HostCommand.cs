using System.CommandLine;
using System.Globalization;

namespace Understudy.Benchmarks;

/// <summary>
/// The command that runs as a node of <c>commit</c>, <c>transfer</c> or <c>clients</c>: written by this program, not by
/// people.
/// </summary>
internal static class HostCommand
{
    private const string Name = "host";

    /// <summary>What runs as a node; the node's own arguments follow, as the demo gives them.</summary>
    public static string[] Program(CommitOptions options) =>
    [
        .. BenchmarkCluster.Program("Understudy.Benchmarks.dll"), Name,
        "--durability", options.IsDurable ? "disk" : "memory",
        "--clients", options.Clients.ToString(CultureInfo.InvariantCulture),
        "--seconds", ((int)options.Duration.TotalSeconds).ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>What runs as a node of <c>transfer</c>.</summary>
    public static string[] Program(TransferOptions options) =>
    [
        .. Program(new CommitOptions(false, options.IsDurable, options.Clients, TimeSpan.Zero, options.Json)),
        "--megabytes", options.Megabytes.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>What runs as a node that is a web application; in memory.</summary>
    public static string[] WebProgram() =>
    [
        .. Program(new CommitOptions(false, IsDurable: false, 1, TimeSpan.Zero, true)), "--web",
    ];

    public static Command Create(IBenchmarks benchmarks)
    {
        var durability = new Option<string>("--durability") { Required = true };
        var clients = new Option<int>("--clients") { Required = true };
        var seconds = new Option<int>("--seconds") { Required = true };
        var megabytes = new Option<int>("--megabytes");
        var web = new Option<bool>("--web");
        var configuration = new Option<string>("--config") { Required = true };
        var id = new Option<string>("--id") { Required = true };
        var data = new Option<string>("--data") { Required = true };
        var tied = new Option<bool>("--end-with-stdin");
        var node = new Command("node") { configuration, id, data, tied };
        node.SetAction((parsed, stop) => benchmarks.HostAsync(
            new HostOptions(
                parsed.GetRequiredValue(configuration),
                parsed.GetRequiredValue(id),
                parsed.GetRequiredValue(data),
                new CommitOptions(
                    ViaHttp: false,
                    parsed.GetRequiredValue(durability) == "disk",
                    parsed.GetRequiredValue(clients),
                    TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
                    Json: true),
                parsed.GetValue(megabytes),
                parsed.GetValue(web)),
            stop));
        return new Command(Name) { durability, clients, seconds, megabytes, web, node }.Hide();
    }

    private static Command Hide(this Command command)
    {
        command.Hidden = true;
        return command;
    }
}
