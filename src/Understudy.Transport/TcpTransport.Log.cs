using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Transport;

public sealed partial class TcpTransport
{
    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Connection with {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string peer, string reason);

    [LoggerMessage(
        EventId = 104, Level = LogLevel.Information, Message = "{Peer} does not answer at its registered address")]
    private static partial void LogProbeFailed(ILogger logger, MemberId peer);
}
