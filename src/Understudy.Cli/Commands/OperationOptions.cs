using System.CommandLine;
using System.Globalization;
using Understudy.Cli.Operations;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary>The options that every operator's command has, and how it is carried out.</summary>
internal sealed class OperationOptions
{
    private readonly Terminal _terminal;
    private readonly Option<string> _http = AdminCommand.Http();
    private readonly Option<bool> _json = AdminCommand.Json("Print how it ended as one JSON object.");

    private readonly Option<string?> _key = new("--key")
    {
        Description = "Names the command: given again with the same key, to any node, it is carried out once.",
        HelpName = "KEY",
    };

    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "Wait until it is done or given up (the default).",
    };

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "End when it is accepted." };

    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "How long to wait. From 1 to 86400.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 120,
    };

    private OperationOptions(Terminal terminal)
    {
        _terminal = terminal;
        _timeout.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
            if (text is null) return;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                && seconds is >= 1 and <= 86400) return;
            result.AddError($"--timeout {text} is not a number of seconds from 1 to 86400.");
        });
    }

    /// <summary>Gives a command line its options, and lets it give this command to a node.</summary>
    /// <param name="command">The command line, with what is its own.</param>
    /// <param name="terminal">Where it is told how it went.</param>
    /// <param name="document">What is asked for.</param>
    /// <param name="watch">How its end is seen, or null if there is nothing to wait for.</param>
    public static Command Add(
        Command command,
        Terminal terminal,
        Func<ParseResult, CommandDocument> document,
        Func<CommandDocument, WatchMaker>? watch = null)
    {
        var options = new OperationOptions(terminal);
        command.Add(options._http);
        command.Add(options._json);
        command.Add(options._key);
        if (watch is not null)
        {
            command.Add(options._wait);
            command.Add(options._noWait);
            command.Add(options._timeout);
            command.Validators.Add(result =>
            {
                if (result.GetValue(options._wait) && result.GetValue(options._noWait))
                    result.AddError("--wait and --no-wait exclude each other.");
            });
        }

        command.SetAction((parsed, stop) => options.RunAsync(parsed, document(parsed), watch, stop));
        return command;
    }

    private Task<int> RunAsync(
        ParseResult parsed,
        CommandDocument document,
        Func<CommandDocument, WatchMaker>? watch,
        CancellationToken cancellationToken)
    {
        var waits = watch is not null && !parsed.GetValue(_noWait);
        var patience = TimeSpan.FromSeconds(watch is null ? 0 : parsed.GetValue(_timeout));
        var key = parsed.GetValue(_key) ?? Guid.NewGuid().ToString("n");
        return AdminCommand.RunAsync(_terminal, parsed.GetRequiredValue(_http), node =>
            new OperationRun(_terminal, node, parsed.GetValue(_json)).RunAsync(
                document, key, waits ? watch!(document) : null, patience, cancellationToken));
    }
}
