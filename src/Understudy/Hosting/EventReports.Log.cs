using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Understudy.Protocol;

namespace Understudy.Hosting;

internal sealed partial class EventReports
{
    private void Write(NodeEvent happened, string failover, string text)
    {
        switch (happened)
        {
            case NodeEvent.Accused { HasLeft: true }: LogLeft(logger, failover, text); break;
            case NodeEvent.Evicted { HasLeft: true }: LogLeft(logger, failover, text); break;
            case NodeEvent.Accused: LogAccused(logger, failover, text); break;
            case NodeEvent.ViewProposed: LogViewProposed(logger, failover, text); break;
            case NodeEvent.ViewInstalled: LogViewInstalled(logger, failover, text); break;
            case NodeEvent.Evicted:
                _primaryOf.Clear();
                LogEvicted(logger, failover, text);
                break;
            case NodeEvent.StepTaken: LogStepTaken(logger, failover, text); break;
            case NodeEvent.SelectionWon: LogSelectionWon(logger, failover, text); break;
            case NodeEvent.PrimaryActivated e:
                // Each version is activated anew; in the log it stands once for as long as the primary stays here.
                if (_primaryOf.TryAdd(e.Service, e.Version)) LogPrimaryActivated(logger, failover, text);
                break;
            case NodeEvent.PrimaryDeposed e:
                _primaryOf.TryRemove(e.Service, out _);
                LogPrimaryDeposed(logger, failover, text);
                break;
            case NodeEvent.Configured: LogConfigured(logger, failover, text); break;
            case NodeEvent.JoiningMarked: LogJoiningMarked(logger, failover, text); break;
            case NodeEvent.FencePassed: LogFencePassed(logger, failover, text); break;
            case NodeEvent.WorkerStarted: LogWorkerStarted(logger, failover, text); break;
            case NodeEvent.WorkerStopped: LogWorkerStopped(logger, failover, text); break;
            case NodeEvent.Audited { Result.Differing.IsEmpty: true }: LogNoted(logger, text); break;
            case NodeEvent.Audited: LogAlarm(logger, text); break;
            case NodeEvent.ProviderSlowed: LogProviderSlowed(logger, text); break;
            case NodeEvent.ProviderFailed: LogProviderFailed(logger, text); break;
            case NodeEvent.Alarm: LogAlarm(logger, text); break;
            case NodeEvent.Noted: LogNoted(logger, text); break;
            default: throw new UnreachableException($"Unknown event {happened}.");
        }
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "failover={Failover} {Text}")]
    private static partial void LogAccused(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogViewProposed(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 203, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogViewInstalled(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "failover={Failover} {Text}")]
    private static partial void LogEvicted(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 205, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogSelectionWon(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 206, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogPrimaryActivated(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 207, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogPrimaryDeposed(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 208, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogConfigured(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 209, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogFencePassed(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 210, Level = LogLevel.Error, Message = "alarm: {Text}")]
    private static partial void LogAlarm(ILogger logger, string text);

    [LoggerMessage(EventId = 211, Level = LogLevel.Information, Message = "{Text}")]
    private static partial void LogNoted(ILogger logger, string text);

    [LoggerMessage(EventId = 216, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogJoiningMarked(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 260, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogWorkerStarted(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 261, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogWorkerStopped(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 212, Level = LogLevel.Debug, Message = "failover={Failover} {Text}")]
    private static partial void LogStepTaken(ILogger logger, string failover, string text);

    [LoggerMessage(EventId = 213, Level = LogLevel.Warning, Message = "{Text}")]
    private static partial void LogProviderSlowed(ILogger logger, string text);

    [LoggerMessage(EventId = 214, Level = LogLevel.Error, Message = "{Text}")]
    private static partial void LogProviderFailed(ILogger logger, string text);

    [LoggerMessage(EventId = 215, Level = LogLevel.Information, Message = "failover={Failover} {Text}")]
    private static partial void LogLeft(ILogger logger, string failover, string text);
}
