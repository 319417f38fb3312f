using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>A switchover or a failover: the service's primary moves away from where it was.</summary>
/// <param name="service">The service.</param>
/// <param name="target">Where to, or null for anywhere else.</param>
/// <param name="before">The status before it was asked for.</param>
internal sealed class PrimaryMove(string service, string? target, StatusDocument before) : IOperationWatch
{
    private readonly string? _from = Find(before, service)?.Primary;
    private bool _wasSeen;

    public Progress Look(StatusDocument status)
    {
        if (Find(status, service) is not { } now)
            return new Progress.GivenUp($"There is no service {service} any more.");
        if (now.Operation is { } operation)
        {
            _wasSeen = true;
            return new Progress.UnderWay($"{service}: {operation.WaitsFor}.");
        }

        if (now.Primary is not { } primary) return new Progress.UnderWay($"{service} has no primary now.");
        if (primary != _from)
        {
            return target is null || primary == target
                ? new Progress.Done($"The primary of {service} is on {primary} now.")
                : new Progress.GivenUp($"The primary of {service} is on {primary} now, and not on {target}.");
        }

        var text = $"The primary of {service} is still on {primary}, and nothing moves it: the operation was given up. "
            + $"See understudy history --service {service}.";
        return _wasSeen ? new Progress.GivenUp(text) : new Progress.Unseen(text);
    }

    private static ServiceStatus? Find(StatusDocument status, string service) =>
        status.Services.FirstOrDefault(each => each.Name == service);
}
