using Microsoft.Extensions.Logging;

namespace Understudy.Http;

internal sealed partial class ClientConnections
{
    [LoggerMessage(
        EventId = 281,
        Level = LogLevel.Warning,
        Message = "There are {Most} HTTP connections, which is this node's max-connections: more are refused until "
            + "some have ended. Health and the admin API are still answered")]
    private static partial void LogFull(ILogger logger, int most);
}
