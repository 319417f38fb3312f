using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection.Protocol;

namespace Understudy.Protocol;

/// <summary>Services: orders of the RM, checkpoints, clients' requests, and leaving in order.</summary>
public sealed partial class Node
{
    private TimeSpan? _stoppingSince;
    private TimeSpan? _leftAt;
    private bool _isHandedOver;
    private bool _isDrained;
    private TimeSpan _progressedAt;
    private TimeSpan _bringUpAt;

    private void OnReplication(MemberId from, ReplicationMessage message)
    {
        switch (message)
        {
            case ReplicationMessage.Append m when Ignores(m.Service, m.Version): break;
            case ReplicationMessage.SnapshotPart m when Ignores(m.Service, m.Version): break;
            case ReplicationMessage.Append m: In(m.Service, (r, isRegistry) => r.OnAppend(from, m, !isRegistry)); break;
            case ReplicationMessage.Appended m: In(m.Service, (r, _) => r.OnAppended(from, m)); break;
            case ReplicationMessage.SnapshotPart m:
                In(m.Service, (r, isRegistry) => r.OnSnapshotPart(from, m, !isRegistry));
                break;
            case ReplicationMessage.SnapshotReceived m: In(m.Service, (r, _) => r.OnSnapshotReceived(from, m)); break;
            case ReplicationMessage.Audited m: In(m.Service, (r, _) => r.OnAudited(from, m)); break;
            case ReplicationMessage.StateDiffered m: OnStateDiffered(m); break;
            case ReplicationMessage.InSyncWanted m:
                InManager(view => _manager.OnInSyncWanted(from, m, view, _now));
                break;
            case ReplicationMessage.HandOverWanted:
                InManager(view => _manager.OnHandOverWanted(from, view, _now));
                break;
            case ReplicationMessage.KindsOffered m:
                InManager(view => _manager.OnKindsOffered(from, m, view, _now));
                break;
            case ReplicationMessage.CodeFailed m: InManager(view => _manager.OnCodeFailed(from, m, view, _now)); break;
            case ReplicationMessage.Frozen m: InManager(view => _manager.OnFrozen(from, m, view, _now)); break;
            case ReplicationMessage.CopyVoid m: InManager(view => _manager.OnCopyVoid(from, m, view, _now)); break;
            case ReplicationMessage.CopyGood m: InManager(view => _manager.OnCopyGood(from, m, view, _now)); break;
            case ReplicationMessage.AuditEnded m: InManager(view => _manager.OnAuditEnded(from, m, view, _now)); break;
            case ReplicationMessage.TakenOver m: OnTakenOver(from, m); break;
            case ReplicationMessage.Vacated m: InManager(view => _manager.OnVacated(from, m, view, _now)); break;
            case ReplicationMessage.MapPushed m:
                // An order names its RM as well as the announcement does, and is repeated until it is taken.
                StepSelection(new SelectionInput.Received(from, new SelectionMessage.Elected(m.Map.Generation)));
                OnMapPushed(from, m);
                break;
            case ReplicationMessage.MapTaken m: _manager.OnMapTaken(from, m); break;
            case ReplicationMessage.Progressed m: _joining[m.Service] = m.Joining; break;
            case ReplicationMessage.Request m: OnRequest(from, m); break;
            case ReplicationMessage.Answer m: OnAnswer(from, m); break;
            default: throw new UnreachableException($"Unknown message {message}.");
        }
    }

    /// <summary>Lets the RM here decide in this turn: what it decides goes through the registry's replica.</summary>
    private void InManager(Action<View> decide) =>
        InReplica(_registryReplica, Registry.Name, _ => decide(View!));

    private void In(ServiceName service, Action<Replica, bool> act)
    {
        if (service == Registry.Name)
        {
            InReplica(_registryReplica, service, r => act(r, true));
        }
        else if (HostedOf(ServiceStream.Service(service)) is { } hosted && hosted.Stream == service)
        {
            var wasPrimary = hosted.IsPrimary;
            var version = hosted.Replica.Version;
            var name = hosted.Definition.Name;
            InReplica(hosted.Replica, name, r => act(r, false));
            if (wasPrimary && !hosted.IsPrimary) ReportDeposed(hosted, version);
        }
    }

    /// <summary>The RM's committed decisions become orders: one for each node, whatever they contain.</summary>
    private void Order()
    {
        if (View is not { } view || !IsMember) return;
        if (_manager.TakeCommitted() is not null) Adopt(_manager.OrderFor(Map));
        foreach (var (to, order) in _manager.DuePushes(view, _self, _now))
        {
            foreach (var part in order) Send(to, part);
        }

        AskForMove(view);
    }

    private void Adopt(HostedService hosted, Configuration configuration)
    {
        if (hosted.Configuration is { } present && configuration.Version <= present.Version) return;
        // A newer primary's checkpoints came before its order.
        if (configuration.Version < hosted.Replica.Version) return;
        Invariant.Holds(
            configuration.Lineage.Value >= hosted.Lineage.Value || _mutations != Mutation.None,
            $"FreshestWins: the lineage of {configuration.Service} only grows");
        if (configuration.Lineage.Value > hosted.Lineage.Value) BeginLineage(hosted, configuration);
        var replica = hosted.Replica;
        hosted.Configuration = configuration;
        Report(new NodeEvent.Configured(configuration));
        DiscardIfVoid(hosted, configuration);
        var (wasPrimary, before) = (hosted.IsPrimary, replica.Version);
        if (configuration.Primary == _self && MayLead(hosted, configuration))
        {
            InReplica(replica, configuration.Service, r =>
            {
                r.Require(hosted.Definition.MinInSync);
                r.SendEvery(IntervalOf(hosted.Definition));
                r.Lead(configuration.Version, configuration.InSync, configuration.Lineage);
            });
            ReportActivated(hosted); // One that stays primary; another one says when it has become primary.
            if (!wasPrimary) ReportSuccession(hosted, configuration);
            return;
        }

        InReplica(replica, configuration.Service, r =>
        {
            r.Stand(configuration.Version);
            r.TellStanding(IsInSync(hosted));
        });
        if (wasPrimary) ReportDeposed(hosted, before);
    }

    private void ReportDeposed(HostedService hosted, ConfigurationVersion version)
    {
        var (name, replica) = (hosted.Definition.Name, hosted.Replica);
        Report(new NodeEvent.PrimaryDeposed(name, version));
        if (replica.Released <= replica.Committed) return;
        Report(new NodeEvent.Noted(
            $"{name}: the checkpoints {replica.Committed + 1} to {replica.Released}, whose updates were acknowledged "
            + "here, are undone unless its next primary has them"));
    }

    /// <summary>What a periodic service has lost, as far as its next primary can know.</summary>
    private void ReportSuccession(HostedService hosted, Configuration configuration)
    {
        if (!hosted.Definition.IsPeriodic || configuration.IsPlanned || configuration.Version.Value == 1) return;
        Report(new NodeEvent.Noted(
            $"{configuration.Service} goes on from checkpoint {hosted.Replica.LastSequence}: an update that its last "
            + "primary acknowledged after that is lost"));
    }

    /// <summary>Step 504: primaries bring up spares until the wanted shape is reached.</summary>
    private void BringUp()
    {
        if (View is not { } view || !IsMember) return;
        _bringUpAt = _now + _options.Profile.Heartbeat;
        if (_registryReplica.IsPrimary && _selection.Outcome is { } outcome)
        {
            var copies = RmAttachmentPolicy.Eligible(outcome.Configuration, view.Members)
                .Where(m => m.Id != _self && !outcome.Configuration.IsInSync(m.Id.Node, m.Disk))
                .Where(m => _membership.Hears(m.Id.Node, _now))
                .Select(m => new Provider(m.Id, m.Disk)).ToList();
            InReplica(_registryReplica, Registry.Name, r => r.BringUp(copies));
        }

        BringUp(_services.Values);
        // Who is brought up within a heartbeat is not worth a word to everybody.
        if (_now - _progressedAt < _options.Profile.Heartbeat) return;
        _progressedAt = _now;
        foreach (var service in _services.Values)
        {
            if (service.IsPrimary) TellProgress(service);
        }
    }

    private void BringUp(IEnumerable<HostedService> services)
    {
        if (View is not { } view || !IsMember) return;
        foreach (var service in services)
        {
            if (!service.IsPrimary || service.Configuration is not { } configuration) continue;
            var placement = Map.Find(service.Definition.Name)?.Placement ?? [];
            var targets = placement.Select(view.MemberOn).OfType<Member>()
                .Where(m => !configuration.InSync.Any(p => p.Member.Node == m.Id.Node))
                .Where(m => _membership.Hears(m.Id.Node, _now))
                .Select(m => new Provider(m.Id, m.Disk)).ToList();
            if (targets.Count > 0 || service.Replica.HasNewcomers)
                InReplica(service.Replica, service.Definition.Name, r => r.BringUp(targets));
            ContinueAudit(service);
            GrantTransfer(service);
        }
    }

    private void TellProgress(HostedService service)
    {
        var name = service.Definition.Name;
        var joining = service.Replica.Joining;
        var isSame = _joining.TryGetValue(name, out var known) ? known.SequenceEqual(joining) : joining.IsEmpty;
        if (isSame) return;
        _joining[name] = joining;
        foreach (var member in View!.Members)
        {
            if (member.Id == _self) continue;
            Send(member.Id, new ReplicationMessage.Progressed(name, service.Replica.Version, joining));
        }
    }

    private void OnRequested(NodeInput.Requested asked)
    {
        if (IsUnknown(asked.Service))
        {
            AnswerClient(new(0, asked, default), ReplyOutcome.UnknownService, $"There is no service {asked.Service}.");
            return;
        }

        if (Map.Find(asked.Service) is { Definition.IsExclusive: true })
        {
            AnswerClient(
                new(0, asked, default), ReplyOutcome.Refused, $"{asked.Service} is a worker: it takes no requests.");
            return;
        }

        if (_router.TrySend(_router.Take(asked, _now), Map, _now) is { } due) SendRequest(due.To, due.Request);
    }

    private void SendRequest(MemberId to, ReplicationMessage.Request request)
    {
        if (to == _self) OnRequest(_self, request);
        else Send(to, request);
    }

    /// <summary>
    /// Only a primary with a valid view lease takes a request; one without is perhaps deposed already.
    /// </summary>
    private void OnRequest(MemberId from, ReplicationMessage.Request request)
    {
        var kind = AnswerKind.NotPrimary;
        var mayServe = IsMember && _now < LeaseUntil && View!.Contains(from);
        if (mayServe && request.Service == Registry.Name)
        {
            InManager(view => kind = _manager.Submit(request, view, _now));
        }
        else if (mayServe && !IsFrozen(request.Service) && _services.TryGetValue(request.Service, out var hosted)
            && IsHeardOf(request.Version, hosted) && MayTake(hosted, request))
        {
            InReplica(hosted.Replica, request.Service, r => kind = r.Submit(request));
        }

        if (kind == AnswerKind.Done) return;
        if (kind == AnswerKind.NotPrimary && from == _self)
        {
            _router.TakeBack(request.Id.Number);
            return;
        }

        Send(from, new ReplicationMessage.Answer(
            request.Id, kind, default, Map.Find(request.Service)?.Configuration.Version ?? ConfigurationVersion.None));
    }

    /// <summary>
    /// Who is asked by a newer configuration than its own hears of that first: the gateway holds the request, and asks
    /// again. So no client goes back in time by asking another node.
    /// </summary>
    private bool IsHeardOf(ConfigurationVersion version, HostedService hosted) =>
        version <= hosted.Replica.Version || (_mutations & Mutation.CarriedVersionIgnored) != 0;

    /// <summary>A service that demands more in-sync providers than it has takes no writes.</summary>
    private bool MayTake(HostedService hosted, ReplicationMessage.Request request) =>
        request.IsRead || (_mutations & Mutation.MinInSyncIgnored) != 0
        || hosted.Configuration?.InSync.Length >= hosted.Definition.MinInSync;

    private void OnAnswer(MemberId from, ReplicationMessage.Answer answer)
    {
        if (answer.Id.Gateway != _self) return;
        if (answer.Kind == AnswerKind.NotPrimary)
        {
            _router.Unsend(answer.Id.Number);
            return;
        }

        if (_router.Finish(answer.Id.Number) is not { } held) return; // Answered before: it was sent twice.
        if (held.Asked.Service == Registry.Name)
        {
            AnswerCommand(held.Asked.Number, answer);
            return;
        }

        var outcome = answer.Kind switch
        {
            AnswerKind.Done => ReplyOutcome.Answered,
            AnswerKind.KeyReused => ReplyOutcome.KeyReused,
            AnswerKind.Refused => ReplyOutcome.Refused,
            _ => throw new UnreachableException($"Unknown kind of answer {answer.Kind}."),
        };
        _effects.Add(new NodeEffect.Answer(
            held.Asked.Number, new Reply(outcome, answer.Body, answer.Version, from.Node)));
    }

    private void AnswerClient(HeldRequest held, ReplyOutcome outcome, string why)
    {
        var version = Map.Find(held.Asked.Service)?.Configuration.Version ?? ConfigurationVersion.None;
        _effects.Add(new NodeEffect.Answer(
            held.Asked.Number, new Reply(outcome, Encoding.UTF8.GetBytes(why), version, null)));
    }

    private string WhyHeld(HeldRequest held)
    {
        var (name, entry) = (held.Asked.Service, Map.Find(held.Asked.Service));
        if (entry is { IsStopped: true }) return $"{ServiceReasons.WhyStopped(entry)}.";
        if (entry?.Configuration.Primary is not { } primary)
        {
            return $"{name} has no primary now: {FirstReason() ?? "it is being chosen"}.";
        }

        return entry.TakesWrites || held.Asked.IsRead
            ? $"The primary of {name} on {primary.Node} did not answer in time."
            : $"{ServiceReasons.WhyNoWrites(entry)}.";
    }

    private void OnStopRequested()
    {
        _stoppingSince ??= _now;
        foreach (var hosted in _services.Values) SetInterval(hosted);
        ContinueStopping();
    }

    private void OnClientsDrained()
    {
        _isDrained = true;
        ContinueStopping();
    }

    /// <summary>Primaries are handed over first, this node's clients are answered, then it leaves.</summary>
    private void ContinueStopping()
    {
        if (_stoppingSince is not { } since || _hasEnded) return;
        var isAlone = !IsMember || View!.Members.Length == 1;
        var isOverdue = _now - since > StopLimit;
        var isHolder = IsWorkerHolder
            || _services.Values.Any(s => s.IsPrimary && s.Configuration is { InSync.Length: > 1 });
        if (isHolder && !isAlone && !isOverdue)
        {
            SendToManager(new ReplicationMessage.HandOverWanted());
            return;
        }

        if (!_isHandedOver)
        {
            _isHandedOver = true;
            _effects.Add(new NodeEffect.HandedOver());
        }

        // Until no client can ask any more this node stays a member: what it forwards is answered.
        // While a worker runs it keeps its lease: who has left has none, and another node may run the worker at once.
        if (!_isDrained || _workers.Values.Any(w => w.IsRunning)) return;
        // What was acknowledged before it is committed is committed first.
        if (!isOverdue && _services.Values.Any(s => s.Replica.IsAhead)) return;
        if (isAlone || (_leftAt is { } left && _now - left > LeaveLimit))
        {
            _hasEnded = true;
            _effects.Add(new NodeEffect.Stopped());
            return;
        }

        if (_leftAt is not null || (_router.Count > 0 && !isOverdue)) return;
        _leftAt = _now;
        _manager.Depose();
        StepMembership(new Membership.Protocol.MembershipInput.LeaveRequested());
    }

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(2);
}
