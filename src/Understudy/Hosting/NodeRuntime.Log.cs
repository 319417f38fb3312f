using Microsoft.Extensions.Logging;

namespace Understudy.Hosting;

internal sealed partial class NodeRuntime
{
    [LoggerMessage(
        EventId = 264,
        Level = LogLevel.Warning,
        Message = "No kernel timer guards this node's workers, for {Why}: one that hangs may run beside the next")]
    private static partial void LogNoKillTimer(ILogger logger, string why);

    [LoggerMessage(
        EventId = 231,
        Level = LogLevel.Warning,
        Message = "Handing over and leaving took longer than {Patience}: " +
            "the node goes all the same; its peers will evict it")]
    private static partial void LogLate(ILogger logger, TimeSpan patience);

    [LoggerMessage(EventId = 232, Level = LogLevel.Debug, Message = "Played {Failovers} failovers to warm up")]
    private static partial void LogDrilled(ILogger logger, int failovers);

    [LoggerMessage(EventId = 233, Level = LogLevel.Debug, Message = "Warming up was cut short: {Reason}")]
    private static partial void LogDrillCut(ILogger logger, string reason);
}
