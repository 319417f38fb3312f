namespace Understudy.Protocol;

/// <summary>A node sends one snapshot at a time, whichever services wait to bring up providers.</summary>
public sealed partial class Node
{
    /// <summary>If no transfer is under way, the service's may begin.</summary>
    private void GrantTransfer(HostedService service)
    {
        var replica = service.Replica;
        if (replica.IsTransferring) return;
        replica.MayTransfer = false;
        if (!replica.IsTransferWanted || _services.Values.Any(s => s.Replica.IsTransferring)) return;
        InReplica(replica, service.Definition.Name, r => r.BeginTransfer());
    }
}
