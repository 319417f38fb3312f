using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Selection;

namespace Understudy.Replication.Protocol;

/// <summary>A provider's role in its configuration.</summary>
public enum ReplicaRole
{
    /// <summary>Stands by: accepts checkpoints from a primary that brings it up.</summary>
    Standby,

    /// <summary>Executes requests and sends checkpoints.</summary>
    Primary,
}

/// <summary>How much a replica does at a time.</summary>
public static class ReplicaLimits
{
    /// <summary>The most entries in one append; a receiver refuses more.</summary>
    public const int EntriesPerMessage = 512;
    public const int BytesPerMessage = 1 << 20;

    /// <summary>A provider this close to the end of the log is marked joining.</summary>
    public const long JoiningLag = 64;

    public const long SnapshotAfterBytes = 16 << 20;

    /// <summary>So much log is kept for a provider that is brought up.</summary>
    public const long BytesForNewcomer = 256 << 20;

    /// <summary>
    /// A snapshot is taken when the log has one entry for so many bytes of it: its cost for each entry has a bound.
    /// </summary>
    public const int SnapshotBytesPerEntry = 256;

    /// <summary>How many parts of a snapshot are under way at a time.</summary>
    public const int PartsUnderWay = 16;

    /// <summary>In mode periodic so many entries, or a message's bytes, do not wait for the interval's end.</summary>
    public const int EntriesPerBatch = 4_096;

    /// <summary>With more entries acknowledged and not committed, a primary answers nothing early.</summary>
    public const int MostEarlyEntries = 65_536;

    /// <summary>Nor with more bytes of them.</summary>
    public const long MostEarlyBytes = 32 << 20;
}

/// <summary>
/// One node's copy of one service: primary-backup replication with an agreed configuration (agreement.md 4,
/// DESIGN 7). The primary executes and sends numbered checkpoints; an update is committed when every in-sync and
/// joining provider has it; only then is it answered. The registry of the RM is replicated by this same class.
/// </summary>
public sealed partial class Replica : ISealableLog
{
    private readonly ServiceName _service;
    private readonly MemberId _self;
    private readonly bool _isDurable;
    private readonly Profile _profile;
    private readonly Mutation _mutations;
    private readonly ReplicaLog _log;
    private List<ReplicaEffect> _effects = [];
    private TimeSpan _now;
    private Snapshot? _snapshot;
    private Snapshot? _pendingSnapshot;
    private long _demanded;
    private long _applied;

    public Replica(
        ServiceName service,
        MemberId self,
        bool isDurable,
        OnceOnlyState state,
        StoredReplica? stored,
        Profile profile,
        Mutation mutations)
        : this(service, self, isDurable, state, null, stored, profile, mutations)
    {
    }

    private Replica(
        ServiceName service,
        MemberId self,
        bool isDurable,
        OnceOnlyState? inLoop,
        HostedState? hosted,
        StoredReplica? stored,
        Profile profile,
        Mutation mutations)
    {
        _service = service;
        _self = self;
        _isDurable = isDurable;
        _profile = profile;
        _mutations = mutations;
        _inLoop = inLoop;
        _hosted = hosted;
        _snapshot = stored?.Snapshot;
        _inLoop?.Load(_snapshot?.State ?? default);
        var (sequence, version) = (_snapshot?.Sequence ?? 0, _snapshot?.Version ?? ConfigurationVersion.None);
        _log = new ReplicaLog(sequence, version, stored?.Entries ?? []);
        _applied = sequence;
        Committed = sequence;
    }

    /// <summary>
    /// The state and the requests it has answered, if it is executed within the loop. At a primary it runs ahead of
    /// the commits.
    /// </summary>
    public OnceOnlyState State =>
        _inLoop ?? throw new InvalidOperationException($"The state of {_service} is kept by an executor.");

    /// <summary>The configuration this replica is sealed at: it accepts nothing from an older one.</summary>
    public ConfigurationVersion Version { get; private set; }

    public ReplicaRole Role { get; private set; }

    /// <summary>Every checkpoint up to this one is committed, as far as this replica knows.</summary>
    public long Committed { get; private set; }

    public long LastSequence => _log.LastSequence;

    /// <summary>The version of a checkpoint in the log, or the last that a snapshot stands for.</summary>
    public ConfigurationVersion VersionAt(long sequence) => _log.VersionAt(Math.Max(sequence, _log.BaseSequence));

    /// <summary>Whether its log has this very checkpoint; what a snapshot stands for is the same everywhere.</summary>
    public bool Has(ConfigurationVersion version, long sequence) => sequence <= _log.BaseSequence
        || (sequence <= _log.LastSequence && _log.VersionAt(sequence) == version);

    /// <summary>Whether its disk is asked to do something that the rest waits for.</summary>
    public bool IsPrimary => Role == ReplicaRole.Primary;

    /// <summary>Where the log ends, for the rank.</summary>
    public LogPosition Position => new(_log.LastVersion, _log.LastSequence);

    /// <summary>A promise to accept nothing from an older configuration.</summary>
    public LogPosition Seal(ConfigurationVersion version)
    {
        Invariant.Holds(version >= Version, "OnePrimary: a seal only grows");
        if (version > Version && Role == ReplicaRole.Primary) Demote();
        Version = version;
        return Position;
    }

    /// <summary>Begins a turn: what follows happens at this time and adds its effects here.</summary>
    public void Begin(TimeSpan now, List<ReplicaEffect> effects)
    {
        _now = now;
        _effects = effects;
    }

    /// <summary>This replica is not the primary of this configuration.</summary>
    public void Stand(ConfigurationVersion version)
    {
        if (version < Version) return;
        Version = version;
        if (Role == ReplicaRole.Primary) Demote();
    }

    /// <summary>This replica is the primary: its whole log is to be committed, and it serves.</summary>
    public void Lead(ConfigurationVersion version, ImmutableArray<Provider> inSync, Lineage lineage = default)
    {
        Invariant.Holds(version >= Version, "OnePrimary: a primary's version only grows");
        var isSuccession = Role != ReplicaRole.Primary; // One that stays primary goes on as it is.
        if (isSuccession) BeginReign();
        NoteUnderWay();
        (Version, _lineage) = (version, lineage);
        Role = ReplicaRole.Primary;
        ApplyTo(_log.LastSequence);
        if (isSuccession)
        {
            _ledSince = _now;
            _inLoop?.BeginReign();
            _hosted?.Lead(version, lineage, _log.LastSequence, _effects);
        }

        _followers.Clear();
        ForgetAudit();
        _isLone = inSync.Length <= 1;
        _inSync = inSync.Length;
        LimitCommits();
        _askedToken = null;
        _isOwnWordDue = false;
        _selfDurable = _isDurable ? 0 : _log.LastSequence;
        SendWhenDurable(_self, new ReplicationMessage.Appended(_service, version, true, _log.LastSequence, 0));
        _quorumSequence = Committed;
        foreach (var provider in inSync)
        {
            if (provider.Member == _self) continue;
            _followers[provider.Member] = new Follower(provider, isInSync: true, _log.LastSequence + 1, _now);
        }

        foreach (var follower in _followers.Values) SendAppend(follower);
        Advance();
    }

    private void Demote()
    {
        Role = ReplicaRole.Standby;
        LimitCommits();
        _followers.Clear();
        ForgetAudit();
        (_pendingSnapshot, _demanded) = (null, 0);
        foreach (var waiting in _waiting) _effects.Add(new ReplicaEffect.GiveUp(waiting.Id, Version));
        _waiting.Clear();
        _confirming.Clear();
        RollBack();
    }

    /// <summary>
    /// What was executed ahead of the commits may never be: go back to the last snapshot and come forward. A hosted
    /// state may have run ahead of this log too; whether it did, its executor knows.
    /// </summary>
    private void RollBack()
    {
        if (_hosted is { } hosted)
        {
            hosted.Follow(_effects);
            if (Allows(Mutation.RollbackForgotten))
            {
                hosted.RollBack(Committed, _snapshot, EntriesTo(Committed), _effects);
            }

            _applied = Committed;
            return;
        }

        if (_applied <= Committed) return;
        _inLoop!.Load(_snapshot?.State ?? default);
        _applied = _snapshot?.Sequence ?? 0;
        ApplyTo(Committed);
    }

    private void ApplyTo(long sequence)
    {
        _hosted?.Start(_snapshot, _effects);
        if (sequence <= _applied) return;
        if (_hosted is { } hosted)
        {
            hosted.Apply(_log.From(_applied + 1, checked((int)(sequence - _applied)), int.MaxValue), _effects);
        }
        else
        {
            for (var next = _applied + 1; next <= sequence; next++) _inLoop!.Apply(_log[next].Payload, next);
        }

        _applied = sequence;
    }

    /// <summary>
    /// Takes a snapshot when the log has grown long. A primary's state runs ahead: its snapshot counts only once
    /// everything in it is committed. One that an audit demands is of the audited checkpoint or later.
    /// </summary>
    private void ConsiderSnapshot()
    {
        var entries = _applied - _log.BaseSequence;
        var isDemanded = _demanded > _log.BaseSequence;
        if (_pendingSnapshot is { } pending && !(isDemanded && pending.Sequence < _demanded))
        {
            var mayCompact = isDemanded || !IsLogNeeded || IsLogLong(entries);
            if (pending.Sequence > Committed || !mayCompact) return;
            _pendingSnapshot = null;
            if (pending.Sequence > _log.BaseSequence) Keep(pending);
            return;
        }

        if (entries <= 0 || !(isDemanded || IsLogLong(entries))) return;
        if (_hosted is { } hosted)
        {
            hosted.AskSnapshot(_effects);
            return;
        }

        _pendingSnapshot = new Snapshot(_log.VersionAt(_applied), _applied, _inLoop!.Save());
        if (_applied <= Committed) ConsiderSnapshot();
    }

    private bool IsLogNeeded => _followers.Values.Any(f => f.NeedsLog);

    private bool IsLogLong(long entries)
    {
        var size = _snapshot?.State.Length ?? 0;
        var isNeeded = IsLogNeeded;
        var bytes = isNeeded ? ReplicaLimits.BytesForNewcomer : ReplicaLimits.SnapshotAfterBytes;
        if (_log.SizeBytes >= Math.Max(bytes, 2L * size)) return true;
        var many = Math.Max(_profile.Transfer.SnapshotAfterEntries, size / ReplicaLimits.SnapshotBytesPerEntry);
        return entries >= many && !isNeeded;
    }

    private void Keep(Snapshot snapshot)
    {
        _snapshot = snapshot;
        _log.CompactTo(snapshot.Sequence);
        Write(new StoreWrite.PutSnapshot(_service, snapshot));
    }

    private bool Allows(Mutation rule) => (_mutations & rule) == 0;

    private void Write(params ImmutableArray<StoreWrite> writes)
    {
        WriteAppended();
        if (_isDurable && writes.Length > 0) _effects.Add(new ReplicaEffect.Write(writes));
    }

    private void Send(MemberId to, ReplicationMessage message) =>
        _effects.Add(new ReplicaEffect.Send(to, message, IsDurable: false));

    private void SendWhenDurable(MemberId to, ReplicationMessage message)
    {
        WriteAppended();
        _effects.Add(new ReplicaEffect.Send(to, message, IsDurable: _isDurable));
    }
}
