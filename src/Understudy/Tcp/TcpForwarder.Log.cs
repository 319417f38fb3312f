using System.Net;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Tcp;

internal sealed partial class TcpForwarder
{
    [LoggerMessage(
        EventId = 270, Level = LogLevel.Information, Message = "TCP connections of {Service} are taken at {Listen}")]
    private static partial void LogListens(ILogger logger, ServiceName service, IPEndPoint listen);

    [LoggerMessage(
        EventId = 271,
        Level = LogLevel.Warning,
        Message = "{Service}: its program on the primary's node takes no connection ({Error}); clients are held")]
    private static partial void LogBackendDown(ILogger logger, ServiceName service, string error);

    [LoggerMessage(
        EventId = 272,
        Level = LogLevel.Warning,
        Message = "{Service}: a connection at {Listen} could not be taken ({Error}); more in a moment")]
    private static partial void LogNotAccepted(ILogger logger, ServiceName service, IPEndPoint listen, string error);
}
