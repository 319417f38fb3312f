using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy status</c>: what a node knows of its cluster.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(Terminal terminal)
    {
        var http = new Option<string>("--http")
        {
            Description = "The http address of any node.",
            HelpName = "ADDRESS",
            Required = true,
        };
        var json = new Option<bool>("--json") { Description = "Print the status document as the node sent it." };

        var command = new Command("status", "Show the view, the nodes, the services, and what is not as wanted.")
        {
            http, json,
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(terminal, parsed.GetRequiredValue(http), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, string address, bool isJson, CancellationToken cancellationToken)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        var hasPort = text.TrimEnd('/').LastIndexOf(':') is var colon && colon > "http:".Length
            && int.TryParse(text.TrimEnd('/')[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!hasPort || !Uri.TryCreate(text, UriKind.Absolute, out var node) || node.Scheme != Uri.UriSchemeHttp)
        {
            await terminal.Error.WriteLineAsync(
                $"understudy: --http {address} is not an address and port. Write, for example, --http 127.0.0.1:7201.");
            return ExitCodes.Misused;
        }

        using var client = new HttpClient { Timeout = Patience };
        try
        {
            var body = await client.GetStringAsync(new Uri(node, StatusDocument.Path), cancellationToken);
            var status = JsonSerializer.Deserialize(body, ContractsJson.Default.StatusDocument)
                ?? throw new JsonException("the answer is null");
            await terminal.Output.WriteLineAsync(isJson ? body : StatusText.Render(status));
            return ExitCodes.Done;
        }
        catch (HttpRequestException error)
        {
            return await FailAsync(terminal, node, Why(error));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(terminal, node, $"nothing came for {Patience.TotalSeconds:0} s");
        }
        catch (JsonException error)
        {
            return await FailAsync(terminal, node, $"what answers there is no node ({error.Message.TrimEnd('.')})");
        }
    }

    private static string Why(HttpRequestException error) => error switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            "the connection was refused",
        { StatusCode: { } status } => $"what answers there says {(int)status}",
        _ => error.Message.TrimEnd('.'),
    };

    private static async Task<int> FailAsync(Terminal terminal, Uri node, string why)
    {
        await terminal.Error.WriteLineAsync(
            $"understudy: no status from {node.Authority}: {why}. " +
            "Does a node run there, and is this its \"http\" address of the cluster's file?");
        return ExitCodes.Failed;
    }
}
