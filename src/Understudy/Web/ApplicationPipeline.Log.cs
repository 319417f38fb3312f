using Microsoft.Extensions.Logging;

namespace Understudy.Web;

internal sealed partial class ApplicationPipeline
{
    [LoggerMessage(240, LogLevel.Error, "{Method} {Target} of {Service} threw")]
    private partial void LogFailed(Exception e, string method, string target, string service);
}
