using System.Collections.Immutable;
using System.Diagnostics;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Selection.Protocol;

namespace Understudy.Protocol;

/// <summary>How one layer's effects become the next layer's inputs, in the same turn.</summary>
public sealed partial class Node
{
    private readonly Stack<List<ReplicaEffect>> _spareEffects = new();

    private void StepMembership(MembershipInput input)
    {
        List<MembershipEffect> effects = [];
        _membership.Step(_now, input, effects);
        foreach (var effect in effects)
        {
            if (_hasEnded) return;
            Perform(effect);
        }
    }

    private void Perform(MembershipEffect effect)
    {
        switch (effect)
        {
            case MembershipEffect.Send { IsDurable: true } send: SendAfterFlush(_control, send.To, send.Message); break;
            case MembershipEffect.Send send: Send(send.To, send.Message); break;
            case MembershipEffect.Persist persist:
                Write(StoreFile.Control, [new StoreWrite.PutRecord(persist.Key, persist.Value)]);
                break;
            case MembershipEffect.Probe probe: _effects.Add(new NodeEffect.Probe(probe.Peer)); break;
            case MembershipEffect.JoinCluster join: _effects.Add(new NodeEffect.JoinCluster(join.Cluster)); break;
            case MembershipEffect.Install install: OnInstalled(install); break;
            case MembershipEffect.Evict evict: OnEvicted(evict.View); break;
            case MembershipEffect.ConfirmCurrency confirm:
                if (_currency.Remove(confirm.Token, out var confirmed)) confirmed();
                break;
            case MembershipEffect.PassFence fence: Report(new NodeEvent.FencePassed(fence.Member)); break;
            case MembershipEffect.NoteAccusation note:
                if (note.Evidence == EvidenceClass.Left) _manager.NoteLeft(note.Member);
                _manager.NoteAccused(note.Member, _now);
                Report(new NodeEvent.Accused(
                    note.Member,
                    note.Evidence.ToString(),
                    View?.Epoch ?? Epoch.None,
                    note.Evidence == EvidenceClass.Left));
                break;
            case MembershipEffect.NoteProposal note:
                Report(new NodeEvent.ViewProposed(note.Epoch, note.Change));
                break;
            case MembershipEffect.Alarm alarm: Report(new NodeEvent.Alarm(alarm.Text)); break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    /// <summary>Step 401: the CMM alerts the RMM; then the replicas and the RM see the same view.</summary>
    private void OnInstalled(MembershipEffect.Install install)
    {
        var view = install.View;
        Report(new NodeEvent.ViewInstalled(view));
        StepSelection(new SelectionInput.ViewInstalled(view, install.IsConfirmed));
        InReplica(_registryReplica, Registry.Name, r => r.Forget(view.Contains, isDecidedByView: true));
        foreach (var service in _services.Values)
        {
            if (!service.IsPrimary) continue;
            InReplica(service.Replica, service.Definition.Name, r =>
            {
                r.Forget(view.Contains, isDecidedByView: false);
                r.Tick();
            });
        }

        InReplica(_registryReplica, Registry.Name, _ => _manager.Reconcile(view, _now));
        BringUp();
    }

    private void OnEvicted(View view)
    {
        Report(new NodeEvent.Evicted(view.Epoch, HasLeft: _leftAt is not null));
        _hasEnded = true;
        if (_stoppingSince is not null) _effects.Add(new NodeEffect.Stopped());
        else _effects.Add(new NodeEffect.EndIncarnation($"view {view.Epoch} is without {_self}"));
    }

    private void StepSelection(SelectionInput input)
    {
        List<SelectionEffect> effects = [];
        _selection.Step(_now, input, effects);
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(SelectionEffect effect)
    {
        switch (effect)
        {
            case SelectionEffect.Send send: Send(send.To, send.Message); break;
            case SelectionEffect.AskCurrency ask:
                var askedAt = _now;
                AskCurrency(
                    ask.Version.Value,
                    () => StepSelection(new SelectionInput.CurrencyConfirmed(ask.Version, askedAt)));
                break;
            case SelectionEffect.WantChange want:
                StepMembership(new MembershipInput.ChangeWanted(want.Change));
                break;
            case SelectionEffect.Freeze: _manager.Depose(); break;
            case SelectionEffect.Activate activate: OnActivated(activate); break;
            case SelectionEffect.Depose:
                _manager.Depose();
                InReplica(_registryReplica, Registry.Name, r => r.Stand(r.Version));
                break;
            case SelectionEffect.NoteStep note:
                Report(new NodeEvent.StepTaken(note.Step, note.What, View!.Epoch));
                break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private void OnActivated(SelectionEffect.Activate activate)
    {
        var (configuration, view) = (activate.Configuration, View!);
        Report(new NodeEvent.SelectionWon(
            configuration.Version, configuration.Lineage, activate.Epoch, activate.ConfirmedSince));
        ImmutableArray<Provider> inSync =
        [
            .. view.Members.Where(m => configuration.IsInSync(m.Id.Node, m.Disk))
                .Select(m => new Provider(m.Id, m.Disk)),
        ];
        InReplica(_registryReplica, Registry.Name, r => r.Lead(configuration.Version, inSync));
        InReplica(_registryReplica, Registry.Name, _ =>
        {
            _manager.Activate(configuration.Version, _now, Map.Sequence);
            _manager.Reconcile(view, _now);
        });
        BringUp();
    }

    /// <summary>Lets a replica act in this turn, and performs what it asks for.</summary>
    private void InReplica(Replica replica, ServiceName service, Action<Replica> act)
    {
        var effects = _spareEffects.TryPop(out var spare) ? spare : [];
        replica.Begin(_now, effects);
        var wasOpen = replica.IsBatchOpen;
        act(replica);
        if (replica.IsBatchOpen && !wasOpen) _batched.Enqueue((replica, service));
        foreach (var effect in effects) Perform(replica, service, effect);
        effects.Clear();
        _spareEffects.Push(effects);
    }

    private void Perform(Replica replica, ServiceName service, ReplicaEffect effect)
    {
        var isRegistry = service == Registry.Name;
        switch (effect)
        {
            case ReplicaEffect.Send { IsDurable: true } send:
                SendAfterFlush(isRegistry ? _control : _data, send.To, send.Message);
                break;
            case ReplicaEffect.Send send: Send(send.To, send.Message); break;
            case ReplicaEffect.Write write:
                Write(isRegistry ? StoreFile.Control : StoreFile.Data, write.Writes);
                break;
            case ReplicaEffect.AskQuorum ask:
                AskCurrency(
                    isRegistry ? replica.Version.Value : MembershipMonitor.AnyVersion,
                    () => InReplica(replica, service, r => r.OnQuorum(ask.Token)));
                break;
            case ReplicaEffect.WantInSync want: WantInSync(service, want); break;
            case ReplicaEffect.NoteMark note:
                Report(new NodeEvent.JoiningMarked(service, note.Version, note.Member));
                break;
            case ReplicaEffect.NoteAudit note: OnAuditNoted(service, note.Result); break;
            case ReplicaEffect.Answer answer:
                Send(answer.Id.Gateway, new ReplicationMessage.Answer(
                    answer.Id, AnswerKind.Done, answer.Body, answer.Version));
                break;
            case ReplicaEffect.GiveUp giveUp:
                Send(giveUp.Id.Gateway, new ReplicationMessage.Answer(
                    giveUp.Id, AnswerKind.NotPrimary, default, giveUp.Version));
                break;
            case ReplicaEffect.Refuse refuse:
                Send(refuse.Id.Gateway, new ReplicationMessage.Answer(
                    refuse.Id, refuse.Kind, refuse.Why, refuse.Version));
                break;
            case ReplicaEffect.Instruct instruct:
                _effects.Add(new NodeEffect.Instruct(
                    service, _services[service].Definition.Kind, instruct.Instruction));
                break;
            default: throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    /// <summary>The RM's own configuration is the CMM's to keep; a service's is the RM's.</summary>
    private void WantInSync(ServiceName service, ReplicaEffect.WantInSync want)
    {
        if (service != Registry.Name)
        {
            SendToManager(new ReplicationMessage.InSyncWanted(
                service, want.Version, want.Provider, want.IsIncluded, want.Reason));
        }
        else if (want.IsIncluded)
        {
            var copy = new Selection.RegistryCopy(want.Provider.Member.Node, want.Provider.Disk);
            StepMembership(new MembershipInput.ChangeWanted(
                new InSyncAddition(want.Version, copy, want.Provider.Member)));
        }
    }

    private void SendToManager(ReplicationMessage message)
    {
        if (_selection.Outcome?.Winner is { } manager) Send(manager, message);
    }
}
