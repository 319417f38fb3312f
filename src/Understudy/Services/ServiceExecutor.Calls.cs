using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Services;

/// <summary>The calls of the service's code.</summary>
#pragma warning disable CA1001 // See the other part.
internal sealed partial class ServiceExecutor
#pragma warning restore CA1001
{
    /// <summary>Before the bytes of a snapshot stands the service's format.</summary>
    private const int SnapshotHeaderBytes = sizeof(int);

    private readonly TimeProvider _clock;
    private string _call = "";
    private long _calledAt;
    private long _reignBegan;
    private bool _isSlowReported;
    private int _snapshotBytes;

    /// <summary>A hash of the state and of what was answered.</summary>
    public async ValueTask<UInt128> DigestAsync() =>
        XxHash128.HashToUInt128((await SaveAsync()).Span[SnapshotHeaderBytes..]);

    /// <summary>Reports a call that takes long, and fails the provider when it takes too long.</summary>
    public void Watch(Profile profile)
    {
        var since = Interlocked.Read(ref _calledAt);
        if (since == 0 || _hasEnded) return;
        var elapsed = _clock.GetElapsedTime(since);
        var assignment = Interlocked.Read(ref _assignment);
        if (elapsed > profile.CallLimit)
        {
            Post(new ServiceReport.Failed(
                assignment, $"{_call} has not returned for {elapsed.TotalSeconds:0} s"));
            Abandon();
        }
        else if (elapsed > profile.SlowCall && !_isSlowReported)
        {
            _isSlowReported = true;
            Post(new ServiceReport.Slowed(assignment, _call, elapsed));
        }
    }

    private async ValueTask DoAsync(object work)
    {
        if (_hasEnded)
        {
            Refuse(work);
            return;
        }

        try
        {
            await (work switch
            {
                ServiceInstruction.Handle handle => HandleAsync(handle),
                WaitingCaller caller => MakeAsync(caller),
                Confirm confirm => ConfirmAsync(confirm),
                ServiceInstruction.Load load => LoadAsync(load.Snapshot),
                ServiceInstruction.RollBack back => RollBackAsync(back),
                ServiceInstruction.Apply apply => ApplyAsync(apply.Entries, apply.Assignment),
                ServiceInstruction.Audit audit => AuditAsync(audit),
                ServiceInstruction.BecomePrimary become => BecomePrimaryAsync(become),
                ServiceInstruction.BecomeSecondary => StandAsync(Standing.Secondary),
                ServiceInstruction.BecomeSpare => StandAsync(Standing.Spare),
                ServiceInstruction.SaveSnapshot save => SaveSnapshotAsync(save),
                ServiceInstruction.SayPosition say => SayPosition(say),
                _ => throw new UnreachableException($"Unknown work {work}."),
            });
        }
#pragma warning disable CA1031 // Whatever the service's code throws fails its provider, not the node.
        catch (Exception e) when (e is not (InvariantViolationException or UnreachableException))
#pragma warning restore CA1031
        {
            Fail(work, e);
        }
        finally
        {
            _isInTurn = false;
            Interlocked.Exchange(ref _calledAt, 0);
        }
    }

    private void Fail(object work, Exception e)
    {
        if (work is WaitingCaller caller) caller.Fail(e);

        // A primary's code that was cancelled has done as it was told.
        if (e is OperationCanceledException && _reign is { } reign && !IsPresent(reign)) return;
        if (work is ServiceInstruction.Handle handle) RefuseFor(handle.Request, e);
        // What it cannot read it will not read the next time either: it is not started anew, and says why.
        var present = Interlocked.Read(ref _assignment);
        Post(e is UnknownFormatException or UnknownLayoutException or StateRefusedException
            ? new ServiceReport.Refused(present, e.Message)
            : new ServiceReport.Failed(present, $"{_call} threw {e.GetType().Name}: {e.Message}"));
        Abandon();
    }

    private void Know(int format, string what)
    {
        if (format > _service.CheckpointFormat) throw new UnknownFormatException(_name, what, format, _service);
    }

    /// <summary>
    /// The request is answered, not sent again: it would fail the next primary too. It had no effect, for its
    /// checkpoint was not made, and the instance that it may have changed is given up.
    /// </summary>
    private void RefuseFor(ReplicationMessage.Request request, Exception e)
    {
        var why = Encoding.UTF8.GetBytes($"{_name} failed on this request: {e.GetType().Name}: {e.Message}");
        Answer(request, AnswerKind.Refused, why);
        Offer();
    }

    private void Call(string what)
    {
        _call = what;
        _isSlowReported = false;
        _isInTurn = true;
        Interlocked.Exchange(ref _calledAt, Math.Max(1, _clock.GetTimestamp()));
    }

    private async ValueTask HandleAsync(ServiceInstruction.Handle handle)
    {
        var request = handle.Request;
        if (_reign is not { } reign || !IsPresent(reign) || reign.Assignment != handle.Assignment)
        {
            Post(new ServiceReport.Offered(
                handle.Assignment, 0, [], [new ServiceAnswer(request.Id, AnswerKind.NotPrimary, default, 0, false)]));
            return;
        }

        var known = default(ReadOnlyMemory<byte>);
        switch (request.IsRead ? OnceOnlyVerdict.Fresh : _answered.Find(request, out known))
        {
            case OnceOnlyVerdict.Known:
                // Perhaps executed but not yet committed: the answer waits as the first one does.
                Answer(request, AnswerKind.Done, known);
                return;
            case OnceOnlyVerdict.KeyReused: Answer(request, AnswerKind.KeyReused, default); return;
            case OnceOnlyVerdict.Outdated: Answer(request, AnswerKind.NotPrimary, default); return;
            default: break;
        }

        Call(nameof(IReplicatedService.HandleRequestAsync));
        var handling = _service.HandleRequestAsync(
            new ServiceRequest(request.Body, request.IsRead, request.Key), reign.Demoted);
        if (!handling.IsCompleted) Offer(); // Those before it need not wait for it.
        var outcome = await handling;
        if (outcome.Refusal is { } refusal)
        {
            Answer(request, AnswerKind.Refused, Encoding.UTF8.GetBytes(refusal));
            return;
        }

        if (request.IsRead)
        {
            if (!outcome.Checkpoint.IsEmpty)
                throw new InvalidOperationException("A request that was called a read changed something.");
        }
        else
        {
            var isApart = (_mutations & Mutation.ReplyApartFromEffect) != 0;
            var stamp = Remember(handle, outcome.Answer);
            Add(reign, OnceOnlyTable.Encode(
                isApart ? null : request, outcome.Answer, outcome.Checkpoint, _service.CheckpointFormat, stamp), null);
        }

        Answer(request, AnswerKind.Done, outcome.Answer);
    }

    private KeyStamp Remember(ServiceInstruction.Handle handle, ReadOnlyMemory<byte> answer)
    {
        var since = (_mutations & Mutation.ClocksCompared) == 0 ? _reignBegan : 0;
        var stamp = _answered.Remember(handle.Request, answer, _clock.GetElapsedTime(since), handle.KeepKeysFor);
        return (_mutations & Mutation.KeyForgottenApart) == 0 ? stamp : stamp with { Forgotten = 0 };
    }

    private void Answer(ReplicationMessage.Request request, AnswerKind kind, ReadOnlyMemory<byte> body) =>
        _answers.Add(new ServiceAnswer(request.Id, kind, body, _position, request.IsRead));

    private ValueTask MakeAsync(WaitingCaller caller)
    {
        if (!IsPresent(caller.Reign))
        {
            Refuse(caller);
            return default;
        }

        Call("a change by CheckpointAsync");
        var checkpoint = caller.Make();
        if (checkpoint.IsEmpty)
        {
            caller.Complete(_position);
            return default;
        }

        Add(caller.Reign, OnceOnlyTable.Encode(null, default, checkpoint, _service.CheckpointFormat), caller);
        return default;
    }

    private ValueTask ConfirmAsync(Confirm confirm)
    {
        Offer();
        if (IsPresent(confirm.Reign))
            Post(new ServiceReport.ConfirmationWanted(confirm.Reign.Assignment, confirm.Token, _position));
        return default;
    }

    private async ValueTask BecomePrimaryAsync(ServiceInstruction.BecomePrimary become)
    {
        if (become.Assignment != Interlocked.Read(ref _assignment)) return; // Deposed already.
        Invariant.Holds(
            _position == become.Sequence,
            $"NothingLost: {_name} would become primary with checkpoint {_position}, not {become.Sequence}");
        _standing = Standing.Primary;
        _answered.BeginReign();
        _reignBegan = _clock.GetTimestamp();
        var reign = new PrimaryContext(
            this, _name, become.Assignment, new FencingToken(become.Lineage, become.Version), become.Sequence);
        Volatile.Write(ref _reign, reign);
        if (!IsPresent(reign)) reign.End(); // It was deposed just now.
        Call(nameof(IReplicatedService.BecomePrimaryAsync));
        await _service.BecomePrimaryAsync(reign, reign.Demoted);
        Offer();
        Post(new ServiceReport.BecamePrimary(become.Assignment));
    }

    private async ValueTask StandAsync(Standing standing)
    {
        Offer();
        if (_standing == standing) return;
        _standing = standing;
        Call(standing == Standing.Secondary
            ? nameof(IReplicatedService.BecomeSecondaryAsync)
            : nameof(IReplicatedService.BecomeSpareAsync));
        await (standing == Standing.Secondary
            ? _service.BecomeSecondaryAsync(_ended.Token)
            : _service.BecomeSpareAsync(_ended.Token));
    }

    private async ValueTask RollBackAsync(ServiceInstruction.RollBack back)
    {
        if (_position == back.Sequence) return; // Everything that it changed was taken into the log.
        await LoadAsync(back.Snapshot);
        await ApplyAsync(back.Entries, auditIn: null);
        if (_hasEnded) return; // Within it: nobody goes on with this state.
        Invariant.Holds(
            _position == back.Sequence, $"NothingLost: {_name} went back to {_position}, not {back.Sequence}");
    }

    private async ValueTask LoadAsync(Snapshot? snapshot)
    {
        var saved = snapshot?.State ?? default;
        if (!saved.IsEmpty)
        {
            var format = BinaryPrimitives.ReadInt32LittleEndian(saved.Span);
            Know(format, $"the snapshot at checkpoint {snapshot!.Sequence}");
            saved = saved[SnapshotHeaderBytes..];
        }

        var state = _answered.Load(saved);
        Call(nameof(IReplicatedService.LoadSnapshotAsync));
        await _service.LoadSnapshotAsync(new ReadOnlySequence<byte>(state), _ended.Token);
        _position = snapshot?.Sequence ?? 0;
        Volatile.Write(ref _snapshotBytes, snapshot?.State.Length ?? 0);
    }

    /// <summary>The primary's digest goes into the stream: all compare at exactly this checkpoint.</summary>
    private async ValueTask AuditAsync(ServiceInstruction.Audit audit)
    {
        if (_reign is not { } reign || !IsPresent(reign) || reign.Assignment != audit.Assignment) return;
        if (!_service.HasComparableSnapshots)
        {
            Post(new ServiceReport.Audited(audit.Assignment, _position, null));
            return;
        }

        Call(nameof(IReplicatedService.SaveSnapshotAsync));
        var digest = await DigestAsync();
        Add(reign, OnceOnlyTable.EncodeAudit(digest, _service.CheckpointFormat), null);
        Offer();
        Post(new ServiceReport.Audited(audit.Assignment, _position, digest));
    }

    private async ValueTask ReportDigestAsync(long assignment, UInt128 expected, int format)
    {
        if (!_service.HasComparableSnapshots || format != _service.CheckpointFormat)
        {
            // Two versions of the code side by side: their bytes differ though their states do not.
            Post(new ServiceReport.Audited(assignment, _position, expected));
            return;
        }

        Call(nameof(IReplicatedService.SaveSnapshotAsync));
        Post(new ServiceReport.Audited(assignment, _position, await DigestAsync()));
    }

    private async ValueTask ApplyAsync(ImmutableArray<LogEntry> entries, long? auditIn)
    {
        foreach (var entry in entries)
        {
            if (_hasEnded) return;
            Invariant.Holds(
                entry.Sequence == _position + 1 || _mutations != Mutation.None,
                $"AppliedOnce: {_name} applies checkpoint {entry.Sequence} after {_position}");
            var (effect, format) = _answered.Take(entry.Payload);
            Know(format, $"checkpoint {entry.Sequence}");
            if (!effect.IsEmpty)
            {
                Call(nameof(IReplicatedService.ApplyCheckpointAsync));
                await _service.ApplyCheckpointAsync(effect, entry.Sequence, format, _ended.Token);
            }

            _position = entry.Sequence;
            if (auditIn is { } assignment && OnceOnlyTable.AuditOf(entry.Payload) is { } audit)
            {
                await ReportDigestAsync(assignment, audit.Digest, audit.Format);
            }
        }
    }

    private ValueTask SayPosition(ServiceInstruction.SayPosition say)
    {
        Post(new ServiceReport.Applied(say.Assignment, _position));
        return default;
    }

    private async ValueTask SaveSnapshotAsync(ServiceInstruction.SaveSnapshot save)
    {
        Offer();
        if (save.Assignment != Interlocked.Read(ref _assignment)) return;
        Call(nameof(IReplicatedService.CaptureSnapshot));
        if (_service.CaptureSnapshot() is { } write)
        {
            SaveBeside(save.Assignment, _position, _answered.Save(), write);
            return;
        }

        Call(nameof(IReplicatedService.SaveSnapshotAsync));
        Post(new ServiceReport.SnapshotSaved(save.Assignment, _position, await SaveAsync()));
    }

    /// <summary>Writes what was captured, while the service goes on.</summary>
    private void SaveBeside(
        long assignment, long position, ReadOnlyMemory<byte> answered, Action<IBufferWriter<byte>> write) =>
        Beside(() =>
        {
            try
            {
                var writer = BeginSnapshot(answered);
                write(writer);
                Post(new ServiceReport.SnapshotSaved(assignment, position, End(writer)));
            }
#pragma warning disable CA1031 // Whatever the service's code throws fails its provider, not the node.
            catch (Exception e)
#pragma warning restore CA1031
            {
                const string What = $"the function that {nameof(IReplicatedService.CaptureSnapshot)} returned";
                var present = Interlocked.Read(ref _assignment);
                Post(new ServiceReport.Failed(present, $"{What} threw {e.GetType().Name}: {e.Message}"));
                Abandon();
            }
        });

    private async ValueTask<ReadOnlyMemory<byte>> SaveAsync()
    {
        var writer = BeginSnapshot(_answered.Save());
        await _service.SaveSnapshotAsync(writer, _ended.Token);
        return End(writer);
    }

    private ArrayBufferWriter<byte> BeginSnapshot(ReadOnlyMemory<byte> answered)
    {
        // A little more than the last one had, so that a large one is not copied again and again while it grows.
        var last = Volatile.Read(ref _snapshotBytes);
        var writer = new ArrayBufferWriter<byte>((int)Math.Min(last + (last / 32L) + 1024, Array.MaxLength));
        BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(SnapshotHeaderBytes), _service.CheckpointFormat);
        writer.Advance(SnapshotHeaderBytes);
        writer.Write(answered.Span);
        return writer;
    }

    private ReadOnlyMemory<byte> End(ArrayBufferWriter<byte> writer)
    {
        Volatile.Write(ref _snapshotBytes, writer.WrittenCount);
        return writer.WrittenMemory;
    }
}
