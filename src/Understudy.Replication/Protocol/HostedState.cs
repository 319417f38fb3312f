using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>
/// A replica's state that lives outside the node's loop, in an executor: what the executor was told last, and whether
/// what it says still counts.
/// </summary>
internal sealed class HostedState
{
    private bool _isSnapshotAsked;
    private bool _isPositionAsked;
    private bool _hasMoreToDo;
    private bool _isStarted;
    private bool? _isSecondary;

    /// <summary>More requests than these at an executor are refused; their gateways ask again.</summary>
    public const int MostRequests = 16_384;

    /// <summary>What the executor was last told to be.</summary>
    public long Assignment { get; private set; }

    /// <summary>Whether the executor was told to be primary.</summary>
    public bool IsLeading { get; private set; }

    /// <summary>Whether it said that it is.</summary>
    public bool IsServing { get; private set; }

    /// <summary>The last checkpoint that its state is known to contain while it is not primary.</summary>
    public long Position { get; private set; }

    /// <summary>How many requests it has that it did not answer.</summary>
    public int Requests { get; private set; }

    /// <summary>A state of which the executor was told nothing yet; no word of before counts for it.</summary>
    public HostedState Next() => new() { Assignment = Assignment + 1 };

    /// <summary>Before anything else: the state that was found on disk.</summary>
    public void Start(Snapshot? snapshot, List<ReplicaEffect> effects)
    {
        if (_isStarted) return;
        _isStarted = true;
        Position = snapshot?.Sequence ?? 0;
        if (snapshot is not null) Instruct(effects, new ServiceInstruction.Load(Assignment, snapshot));
    }

    /// <summary>The executor begins with a new instance of the service, which has no state.</summary>
    public void StartAnew(List<ReplicaEffect> effects)
    {
        Reassign();
        _isStarted = false;
        _isSecondary = null;
        Position = 0;
        Instruct(effects, new ServiceInstruction.StartAnew(Assignment));
    }

    public void Load(Snapshot snapshot, List<ReplicaEffect> effects)
    {
        Reassign();
        _isStarted = true;
        Position = snapshot.Sequence;
        Instruct(effects, new ServiceInstruction.Load(Assignment, snapshot));
    }

    public void Apply(ImmutableArray<LogEntry> entries, List<ReplicaEffect> effects)
    {
        if (entries.IsEmpty) return;
        _hasMoreToDo = true;
        Instruct(effects, new ServiceInstruction.Apply(Assignment, entries));
    }

    public void Lead(
        ConfigurationVersion version, Lineage lineage, long sequence, List<ReplicaEffect> effects)
    {
        Reassign();
        IsLeading = true;
        _isSecondary = null;
        Instruct(effects, new ServiceInstruction.BecomePrimary(Assignment, version, lineage, sequence));
    }

    /// <summary>The executor stops being primary: its code is cancelled at once, and its offers are void.</summary>
    public void Follow(List<ReplicaEffect> effects)
    {
        Reassign();
        _isSecondary = true;
        Instruct(effects, new ServiceInstruction.BecomeSecondary(Assignment));
    }

    public void RollBack(
        long sequence, Snapshot? snapshot, ImmutableArray<LogEntry> entries, List<ReplicaEffect> effects)
    {
        Position = snapshot?.Sequence ?? 0;
        Instruct(effects, new ServiceInstruction.RollBack(Assignment, sequence, snapshot, entries));
    }

    /// <summary>Tells a provider that is not primary whether it is a secondary or a spare.</summary>
    public void Stand(bool isSecondary, List<ReplicaEffect> effects)
    {
        if (IsLeading || _isSecondary == isSecondary) return;
        var isNews = _isSecondary is not null || isSecondary; // A provider begins as a spare.
        _isSecondary = isSecondary;
        if (!isNews) return;
        Reassign();
        Instruct(effects, isSecondary
            ? new ServiceInstruction.BecomeSecondary(Assignment)
            : new ServiceInstruction.BecomeSpare(Assignment));
    }

    public AnswerKind Handle(ReplicationMessage.Request request, TimeSpan keepKeysFor, List<ReplicaEffect> effects)
    {
        if (!IsLeading || Requests >= MostRequests) return AnswerKind.NotPrimary;
        Requests++;
        Instruct(effects, new ServiceInstruction.Handle(Assignment, request, keepKeysFor));
        return AnswerKind.Done;
    }

    public void AskSnapshot(List<ReplicaEffect> effects)
    {
        if (_isSnapshotAsked) return;
        _isSnapshotAsked = true;
        Instruct(effects, new ServiceInstruction.SaveSnapshot(Assignment));
    }

    public void Audit(List<ReplicaEffect> effects) => Instruct(effects, new ServiceInstruction.Audit(Assignment));

    /// <summary>What it was given comes before the question, so one answer is enough until it is given more.</summary>
    public void AskPosition(List<ReplicaEffect> effects)
    {
        if (_isPositionAsked || !_hasMoreToDo) return;
        (_isPositionAsked, _hasMoreToDo) = (true, false);
        Instruct(effects, new ServiceInstruction.SayPosition(Assignment));
    }

    public void NoteReleased(long sequence, List<ReplicaEffect> effects)
    {
        if (IsLeading) Instruct(effects, new ServiceInstruction.NoteReleased(Assignment, sequence));
    }

    public void NoteConfirmed(long token, List<ReplicaEffect> effects) =>
        Instruct(effects, new ServiceInstruction.NoteConfirmed(Assignment, token));

    /// <returns>False if the report is from an earlier assignment.</returns>
    public bool Take(ServiceReport report)
    {
        if (report.Assignment != Assignment) return false;
        switch (report)
        {
            case ServiceReport.BecamePrimary: IsServing = IsLeading; break;
            case ServiceReport.Offered offered: Requests -= offered.Answers.Length; break;
            case ServiceReport.SnapshotSaved: _isSnapshotAsked = false; break;
            case ServiceReport.Applied applied: (Position, _isPositionAsked) = (applied.Sequence, false); break;
            default: break;
        }

        return true;
    }

    private void Reassign()
    {
        Assignment++;
        IsLeading = false;
        IsServing = false;
        _hasMoreToDo = true; // An answer that was asked for before does not count.
        Requests = 0;
        _isSnapshotAsked = false;
        _isPositionAsked = false;
    }

    private static void Instruct(List<ReplicaEffect> effects, ServiceInstruction instruction) =>
        effects.Add(new ReplicaEffect.Instruct(instruction));
}
