using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Hosting;

internal sealed partial class OpenFiles
{
    [LoggerMessage(
        EventId = 280,
        Level = LogLevel.Warning,
        Message = "{Node} may open {Limit} files, and but for {Reserve}, which are not for clients, all are open: "
            + "clients' new connections are closed until others have ended. Raise the limit: LimitNOFILE of a systemd "
            + "unit, ulimit -n of a shell")]
    private static partial void LogShort(ILogger logger, NodeId node, long limit, long reserve);
}
