using System.Text;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>
/// Copies that are void, and audits. A copy is void when the disk's record of it is damaged, which a durable mark says
/// from then on, or when an audit found its state to be another. It never leads; it is deleted when a configuration is
/// without it, and then begins empty as a spare's.
/// </summary>
public sealed partial class Node
{
    private TimeSpan _voidToldAt;

    /// <summary>What the disk says of the copy; of one that an older lineage left aside nothing matters.</summary>
    private void FindVoidCopy(HostedService hosted)
    {
        foreach (var (key, mark) in _stored.Records)
        {
            if (mark.IsEmpty || StoredNode.VoidStream(key) is not { } stream) continue;
            if (ServiceStream.Service(stream) != hosted.Definition.Name) continue;
            if (ServiceStream.LineageOf(stream).Value < hosted.Lineage.Value) continue;
            hosted.VoidFor = new LeaveReason(LeaveCause.RecordDamaged, 0, Encoding.UTF8.GetString(mark.Span));
            hosted.VoidStream = stream;
        }
    }

    /// <summary>A newer lineage begins here: what was wrong with an older one's copy does not matter to it.</summary>
    /// <returns>True if there is a copy of this very lineage, and it is damaged.</returns>
    private static bool EndVoid(HostedService hosted, ServiceName stream)
    {
        if (hosted.VoidFor is not { } reason) return false;
        if (reason.Cause == LeaveCause.RecordDamaged && hosted.VoidStream == stream) return true;
        if (reason.IsCopyVoid) hosted.VoidFor = null;
        return false;
    }

    /// <summary>
    /// The service's code here cannot read what its primary makes: until this node is started with a program that can,
    /// its provider takes nothing, so that it does not count as in sync.
    /// </summary>
    private void OnProviderRefused(HostedService hosted, string reason)
    {
        if (hosted.VoidFor is not null) return;
        hosted.VoidFor = new LeaveReason(LeaveCause.FormatUnknown, 0, Cut(reason));
        Report(new NodeEvent.Alarm($"the provider of {hosted.Definition.Name} on this node refuses: {reason}"));
        TellVoid(hosted);
    }

    private void OnStateDiffered(ReplicationMessage.StateDiffered said)
    {
        var service = ServiceStream.Service(said.Service);
        if (!_services.TryGetValue(service, out var hosted) || hosted.VoidFor is not null) return;
        if (hosted.Stream != said.Service) return;
        // Only in the configuration that both know: what comes of it is decided by the next one.
        if (hosted.Configuration is not { } present || !present.IsInSync(_self) || hosted.IsPrimary) return;
        if (present.Version != said.Version || hosted.Replica.Version != said.Version) return;
        hosted.VoidFor = new LeaveReason(LeaveCause.StateDiffered, said.Sequence);
        Report(new NodeEvent.Alarm(
            $"the copy of {service} on this node is void: {hosted.VoidFor}. It is brought up anew."));
        TellVoid(hosted);
    }

    /// <summary>
    /// A void copy takes nothing of a configuration that this node has not adopted: it cannot know yet whether it is to
    /// be deleted, and what it acknowledges may count. One that is damaged takes nothing at all.
    /// </summary>
    private bool Ignores(ServiceName stream, ConfigurationVersion version) =>
        _services.TryGetValue(ServiceStream.Service(stream), out var hosted) && hosted.VoidFor is { } reason
        && (reason.Cause is LeaveCause.RecordDamaged or LeaveCause.FormatUnknown
            || hosted.Configuration is not { } present
            || present.Version != version);

    /// <summary>
    /// A void copy never leads: the service waits until the RM knows, and another one does. But one that only differs
    /// leads if it is the last: a state that may be wrong is better than none.
    /// </summary>
    private bool MayLead(HostedService hosted, Configuration configuration)
    {
        if (hosted.VoidFor is { Cause: LeaveCause.StateDiffered } && configuration.InSync.Length == 1)
        {
            hosted.VoidFor = null;
            Report(new NodeEvent.Alarm(
                $"the copy of {configuration.Service} on this node differed from the last primary's and is the last "
                + "one in sync: it counts now. Look whether its state is right"));
        }

        return hosted.VoidFor is null || (_mutations & Mutation.VoidCopyLeads) != 0;
    }

    /// <summary>A service waits for an in-sync disk: this node says that it has one, if its copy is good.</summary>
    private void TellGood(HostedService hosted)
    {
        if (!hosted.Definition.Durable || !IsMember) return;
        if (hosted.VoidFor is not null && (_mutations & Mutation.VoidCopyLeads) == 0) return;
        if (Map.Find(hosted.Definition.Name)?.Configuration is not { IsStarted: true, Primary: null } present) return;
        if (!present.InSync.Any(p => p.Disk == _stored.Disk && p.Member.Node == _self.Node)) return;
        SendToManager(new ReplicationMessage.CopyGood(
            present.Service, present.Version, new Provider(_self, _stored.Disk)));
    }

    /// <summary>Until a configuration is without it, the RM is told with every heartbeat.</summary>
    private void TellVoidCopies()
    {
        if (_now - _voidToldAt < _options.Profile.Heartbeat) return;
        _voidToldAt = _now;
        foreach (var hosted in _services.Values)
        {
            ReportDamage(hosted);
            TellVoid(hosted);
            TellGood(hosted);
        }
    }

    private void ReportDamage(HostedService hosted)
    {
        if (hosted.VoidFor is not { Cause: LeaveCause.RecordDamaged } reason || hosted.IsDamageReported) return;
        hosted.IsDamageReported = true;
        Report(new NodeEvent.Alarm(
            $"the copy of {hosted.Definition.Name} on this node is void: {reason}. It does not count as in sync; it is "
            + "deleted and brought up anew when another node has a good one"));
    }

    private void TellVoid(HostedService hosted)
    {
        if (hosted.VoidFor is not { } reason || Map.Find(hosted.Definition.Name) is not { } entry || !IsMember) return;
        var present = entry.Configuration;
        if (!Names(present) && reason.IsCopyVoid) return;
        if (entry.Left.Any(left => left.Disk == _stored.Disk && left.Reason == reason)) return; // It is known.
        var provider = new Provider(_self, _stored.Disk);
        SendToManager(new ReplicationMessage.CopyVoid(present.Service, present.Version, provider, reason));
    }

    /// <summary>Whether a configuration counts this node's copy, in whatever incarnation.</summary>
    private bool Names(Configuration configuration) =>
        configuration.InSync.Any(p => p.Disk == _stored.Disk || p.Member.Node == _self.Node);

    /// <summary>A configuration is adopted: a void copy that it does not count is deleted.</summary>
    private void DiscardIfVoid(HostedService hosted, Configuration configuration)
    {
        if (hosted.VoidFor is not { IsCopyVoid: true } reason || Names(configuration)) return;
        var name = configuration.Service;
        hosted.VoidFor = null;
        InReplica(hosted.Replica, name, r => r.Discard());
        if (reason.Cause == LeaveCause.RecordDamaged)
        {
            if (hosted.VoidStream != hosted.Stream)
                Write(StoreFile.Data, [new StoreWrite.RemoveReplica(hosted.VoidStream)]);
            Write(StoreFile.Control, [new StoreWrite.PutRecord(StoredNode.VoidKey(hosted.VoidStream), default)]);
        }

        Report(new NodeEvent.Noted($"the copy of {name} on this node is deleted, and begins empty: {reason}"));
    }

    /// <summary>
    /// A primary carries out the audits that are asked for, and says what came of them until that is known. One that is
    /// being moved leaves them to the next.
    /// </summary>
    private void ContinueAudit(HostedService hosted)
    {
        var name = hosted.Definition.Name;
        if (Map.Find(name) is not { Audits: { IsWanted: true } audits, Operation: null }
            || hosted.StartAnewAt is not null) return;
        if (hosted.AuditResult is { } result && result.Number == audits.Asked
            && result.Version == hosted.Replica.Version)
        {
            TellAudit(name, result);
            return;
        }

        InReplica(hosted.Replica, name, r => r.StartAudit(audits.Asked));
    }

    private void OnAuditNoted(ServiceName service, AuditResult result)
    {
        _services[service].AuditResult = result;
        Report(new NodeEvent.Audited(service, result));
        TellAudit(service, result);
    }

    private void TellAudit(ServiceName service, AuditResult result) => SendToManager(new ReplicationMessage.AuditEnded(
        service, result.Version, result.Number, Cut(result.ToString()), result.IsPrimaryOdd));

    private static string Cut(string text) => text.Length <= 200 ? text : text[..200];
}
