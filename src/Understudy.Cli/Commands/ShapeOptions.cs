using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Cli.Commands;

/// <summary>The options that say how many providers a service wants, and where.</summary>
internal sealed class ShapeOptions
{
    private readonly Option<int?> _secondaries;
    private readonly Option<int?> _spares;
    private readonly Option<int?> _minInSync;
    private readonly Option<int?> _restarts;
    private readonly Option<int?> _restartMinutes;
    private readonly Option<string?> _totalLoss = new("--total-loss")
    {
        Description = "What happens when no in-sync copy is left: wait or start-empty.",
        HelpName = "wait|start-empty",
    };

    private readonly Option<string?> _checkpoints = new("--checkpoints")
    {
        Description = "When updates are committed: before-reply or periodic.",
        HelpName = "before-reply|periodic",
    };

    private readonly Option<string?> _interval = new("--interval")
    {
        Description = "With --checkpoints periodic, how often at least: from 10ms to 1h, such as 1s.",
        HelpName = "TIME",
    };

    private readonly Option<string?> _auditEvery = new("--audit-every")
    {
        Description = "How often its providers' states are compared: never, or from 1m to 365d, such as 12h.",
        HelpName = "TIME|never",
    };

    private readonly Option<string?> _keepKeys = new("--keep-keys")
    {
        Description = "How long a client's Idempotency-Key is remembered: from 1m to 365d, such as 12h.",
        HelpName = "TIME",
    };

    private readonly Option<string[]?> _prefer = List("--prefer", "NODES", "Nodes that come before others.");
    private readonly Option<string[]?> _only = List("--only", "NODES", "The only nodes that may host it.");
    private readonly Option<string[]?> _never = List("--never", "NODES", "Nodes that may not host it.");
    private readonly Option<string[]?> _with = List("--with", "SERVICES", "Its primary is on one node with theirs.");
    private readonly Option<string[]?> _after = List("--after", "SERVICES", "They have a primary before it starts.");
    private readonly Option<string[]?> _apart = List("--apart", "SERVICES", "Its primary is on no node of theirs.");

    /// <param name="isNew">Whether what is not given has the usual value, for the help; otherwise it stays.</param>
    public ShapeOptions(bool isNew)
    {
        var most = ServiceConfiguration.MaxProviders;
        _secondaries = Count("--secondaries", "How many providers besides the primary receive checkpoints.", 0, most,
            isNew ? ServiceConfiguration.DefaultSecondaries : null);
        _spares = Count("--spares", "How many further nodes stand by without state.", 0, most,
            isNew ? ServiceConfiguration.DefaultSpares : null);
        _minInSync = Count("--min-in-sync", "With fewer in-sync providers it takes no writes.", 1, 1 + most,
            isNew ? 1 : null);
        _restarts = Count("--restarts", "How often failed code is started anew in place.", 0,
            ServiceConfiguration.MaxRestarts, isNew ? 1 : null);
        _restartMinutes = Count("--restart-minutes", "In how many minutes.", 1, 24 * 60, isNew ? 10 : null);
        Choose(_totalLoss, "wait", "start-empty");
        Choose(_checkpoints, "before-reply", "periodic");
        Check(_interval, "a time from 10ms to 1h", ServiceConfiguration.IsInterval);
        Check(_keepKeys, "a time from 1m to 365d", ServiceConfiguration.IsKeyAge);
        Check(_auditEvery, "never, or a time from 1m to 365d", ServiceConfiguration.IsAudit, also: "never");
    }

    private Option[] All =>
    [
        _secondaries, _spares, _checkpoints, _interval, _auditEvery, _keepKeys, _minInSync, _totalLoss, _restarts,
        _restartMinutes, _prefer, _only, _never, _with, _after, _apart,
    ];

    /// <summary>The names of the options, for a message.</summary>
    public string Names => string.Join(", ", All.Select(option => option.Name));

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Add(option);
    }

    public bool IsAnyGiven(CommandResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    /// <summary>The document with what was given.</summary>
    public CommandDocument Complete(ParseResult parsed, CommandDocument document) => document with
    {
        Secondaries = parsed.GetValue(_secondaries),
        Spares = parsed.GetValue(_spares),
        Checkpoints = parsed.GetValue(_checkpoints),
        Interval = parsed.GetValue(_interval),
        AuditEvery = parsed.GetValue(_auditEvery),
        KeepKeys = parsed.GetValue(_keepKeys),
        MinInSync = parsed.GetValue(_minInSync),
        TotalLoss = parsed.GetValue(_totalLoss),
        Restarts = parsed.GetValue(_restarts),
        RestartMinutes = parsed.GetValue(_restartMinutes),
        Prefer = Given(parsed, _prefer),
        Only = Given(parsed, _only),
        Never = Given(parsed, _never),
        With = Given(parsed, _with),
        After = Given(parsed, _after),
        Apart = Given(parsed, _apart),
    };

    // A list that was not given has the value of an empty one, which would lift the rule.
    private static string[]? Given(ParseResult parsed, Option<string[]?> list) =>
        parsed.GetResult(list) is null ? null : parsed.GetValue(list);

    private static void Choose(Option<string?> option, params string[] choices) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 0 || choices.Contains(result.Tokens[0].Value)) return;
        result.AddError($"there is no {option.Name} {result.Tokens[0].Value}: it is {string.Join(", ", choices)}.");
    });

    private static void Check(
        Option<string?> option, string what, Func<TimeSpan, bool> isGood, string? also = null) =>
        option.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
            var isTime = Durations.TryParse(text, out var time) && time > TimeSpan.Zero && isGood(time);
            if (!isTime && text != also) result.AddError($"{option.Name} {text} is not {what}.");
        });

    private static Option<int?> Count(string name, string what, int least, int most, int? usual)
    {
        var otherwise = usual is null ? "" : $" Default {usual}.";
        return new Option<int?>(name)
        {
            Description = $"{what} From {least} to {most}.{otherwise}",
            HelpName = "N",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    && count >= least && count <= most)
                    return count;
                result.AddError($"{name} {text} is not a whole number from {least} to {most}.");
                return null;
            },
        };
    }

    private static Option<string[]?> List(string name, string of, string what) => new(name)
    {
        Description = $"{what} Separated by commas.",
        HelpName = of,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
            result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };
}
