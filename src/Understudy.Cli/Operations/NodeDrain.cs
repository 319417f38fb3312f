using Understudy.Contracts;

namespace Understudy.Cli.Operations;

/// <summary>A node is drained until it hosts nothing.</summary>
internal sealed class NodeDrain(string node) : IOperationWatch
{
    private bool _wasSeen;

    public Progress Look(StatusDocument status)
    {
        if (status.Nodes.FirstOrDefault(each => each.Id == node) is not { Drained: true })
        {
            var text = $"{node} is not drained: it was undrained.";
            return _wasSeen ? new Progress.GivenUp(text) : new Progress.Unseen(text);
        }

        _wasSeen = true;
        string[] hosted =
        [
            .. from service in status.Services
               let role = Role(service)
               where role is not null
               select $"{service.Name} ({role})",
        ];
        if (status.ReplicaManager?.Primary == node) hosted = [.. hosted, "the replica manager"];
        return hosted.Length == 0
            ? new Progress.Done($"{node} is drained and hosts nothing.")
            : new Progress.UnderWay($"{node} still hosts {string.Join(", ", hosted)}.");
    }

    private string? Role(ServiceStatus service)
    {
        if (service.Primary == node) return "primary";
        if (service.Secondaries.Contains(node)) return "secondary";
        return service.Joining.Any(joining => joining.Node == node) ? "joining" : null;
    }
}
