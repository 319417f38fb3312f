using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Workers;

internal sealed partial class WorkerRuns
{
    [LoggerMessage(EventId = 262, Level = LogLevel.Critical, Message = "{Text}")]
    private static partial void LogGivenUp(ILogger logger, string text);

    [LoggerMessage(
        EventId = 263, Level = LogLevel.Warning, Message = "The worker {Service} threw when it was told to stop")]
    private static partial void LogThrewAtStop(ILogger logger, ServiceName service, Exception failure);
}
