using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>A new service gets its primary.</summary>
internal sealed class ServiceStart(string service) : IOperationWatch
{
    public Progress Look(StatusDocument status) =>
        status.Services.FirstOrDefault(each => each.Name == service) switch
        {
            null => new Progress.Unseen($"{service} is not in the status: it was removed."),
            { Primary: { } primary } => new Progress.Done($"The primary of {service} is on {primary}."),
            _ => new Progress.UnderWay(
                status.Reasons.FirstOrDefault(reason => reason.StartsWith($"{service} ", StringComparison.Ordinal))
                ?? $"{service} has no primary yet."),
        };
}
