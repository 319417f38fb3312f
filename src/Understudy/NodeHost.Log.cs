using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy;

public static partial class NodeHost
{
    [LoggerMessage(
        EventId = 221, Level = LogLevel.Information, Message = "Node {Node} of cluster {Cluster} serves {Address}")]
    private static partial void LogStarted(ILogger logger, NodeId node, string cluster, Uri address);

    [LoggerMessage(
        EventId = 222,
        Level = LogLevel.Information,
        Message = "Node {Node} stops: it hands over its primaries and leaves")]
    private static partial void LogStopping(ILogger logger, NodeId node);

    [LoggerMessage(EventId = 223, Level = LogLevel.Information, Message = "Node {Node} has stopped")]
    private static partial void LogStopped(ILogger logger, NodeId node);
}
