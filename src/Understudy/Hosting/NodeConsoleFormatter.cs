using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Understudy.Hosting;

/// <summary>One line for an event: time (UTC, to the millisecond), level, event id, text.</summary>
internal sealed class NodeConsoleFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "understudy";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var time = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var text = logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" ");
        var id = logEntry.EventId.Id.ToString(CultureInfo.InvariantCulture);
        textWriter.Write($"{time} {Name(logEntry.LogLevel)} {id} {text}");
        if (logEntry.Exception is { } e) textWriter.Write($" | {e.ToString().ReplaceLineEndings(" ")}");
        textWriter.Write('\n');
    }

    private static new string Name(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "fatal",
        _ => "debug",
    };
}
