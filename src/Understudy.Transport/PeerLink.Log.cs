using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Transport;

internal sealed partial class PeerLink
{
    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "Channel to {Peer} is up")]
    private static partial void LogChannelUp(ILogger logger, MemberId peer);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "Channel to {Peer} is lost: {Reason}")]
    private static partial void LogChannelLost(ILogger logger, MemberId peer, string reason);
}
