using System.CommandLine;
using System.Net;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy dev</c>: a whole cluster of one node, without a file, for development.</summary>
internal static class DevCommand
{
    public static Command Create(Terminal terminal)
    {
        var http = new Option<string>("--http")
        {
            Description = "Where the gateway, health and admin API listen.",
            HelpName = "ADDRESS",
            DefaultValueFactory = _ => "127.0.0.1:7200",
        };
        var data = new Option<string?>("--data")
        {
            Description = "The folder of the durable state. Default: a temporary one, removed at the end.",
            HelpName = "DIR",
        };

        var command = new Command("dev", "Run a cluster of one node, without a file.") { http, data };
        command.SetAction(parsed => RunAsync(terminal, parsed.GetRequiredValue(http), parsed.GetValue(data)));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string http, string? data)
    {
        if (Addresses.Parse(http) is not { } address || !IPAddress.IsLoopback(address.Address))
        {
            await terminal.Error.WriteLineAsync(
                $"understudy: --http {http} is not a loopback address and port, such as 127.0.0.1:7200. " +
                "There is no TLS yet: only loopback addresses are accepted.");
            return ExitCodes.Misused;
        }

        var temporary = data is null ? Directory.CreateTempSubdirectory("understudy-dev-").FullName : null;
        var folder = Path.GetFullPath(data ?? temporary!);
        if (!await DataFolder.MakeAsync(folder, terminal)) return ExitCodes.Misused;
        var configuration = ClusterConfiguration.SingleNode(address);
        await terminal.Output.WriteLineAsync(
            $"""
            A cluster of one node, data in {folder}. In another terminal, try
              curl -X PUT --data hello http://{address}/svc/kv/keys/greeting
              curl http://{address}/svc/kv/keys/greeting
              understudy status --http {address}
            """);

        try
        {
            using var signals = new StopSignals();
            return await terminal.RunNode(configuration, configuration.Nodes[0].Id, folder, signals.Token);
        }
        finally
        {
            if (temporary is not null) DataFolder.Remove(temporary);
        }
    }
}
