using Microsoft.Extensions.Logging;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>Puts every line of a drill into words, and forgets it.</summary>
internal sealed class DrillLogger : ILogger<TcpTransport>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        formatter(state, exception);
}
