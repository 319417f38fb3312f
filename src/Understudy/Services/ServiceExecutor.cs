using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Services;

/// <summary>
/// Runs one instance of a service outside the node's loop: takes the replica's instructions in order, calls the
/// service's code one call at a time, and reports. What waits is handled together and offered as one.
/// </summary>
#pragma warning disable CA1001 // Its source has no timer and no linked token: there is nothing to dispose of.
internal sealed partial class ServiceExecutor
#pragma warning restore CA1001
{
    /// <summary>More checkpoints than these are not offered before some are committed.</summary>
    public const int MostUncommitted = 16_384;

    /// <summary>Nor more bytes of checkpoints.</summary>
    public const long MostUncommittedBytes = 64 << 20;

    /// <summary>What is offered as one at most.</summary>
    private const int MostPerOffer = 512;

    /// <summary>So many checkpoints of a primary elsewhere are applied without waiting for more.</summary>
    private const int MostGathered = 128;

    private readonly Lock _gate = new();
    private readonly ServiceName _name;
    private readonly IReplicatedService _service;
    private readonly Action<ServiceReport> _post;
    private readonly Action _wake;
    private readonly Mutation _mutations;
    private readonly OnceOnlyTable _answered = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<ReadOnlyMemory<byte>> _checkpoints = [];
    private readonly List<ServiceAnswer> _answers = [];
    private List<object> _queue = [];
    private List<object> _batch = [];
    private int _next;
    private int _gathered;
    private long _assignment = -1;
    private long _position;
    private Standing _standing;
    private PrimaryContext? _reign;
    private bool _isAwake;
    private bool _isBlocked;
    private volatile bool _isInTurn;
    private volatile bool _hasEnded;

    /// <param name="name">The service.</param>
    /// <param name="service">A new instance of its code.</param>
    /// <param name="post">Gives a report to the node's loop.</param>
    /// <param name="wake">Has <see cref="RunAsync"/> called soon, once.</param>
    /// <param name="clock">Measures the service's calls.</param>
    /// <param name="mutations">Rules that are switched off, in tests.</param>
    public ServiceExecutor(
        ServiceName name,
        IReplicatedService service,
        Action<ServiceReport> post,
        Action wake,
        TimeProvider clock,
        Mutation mutations = Mutation.None)
    {
        (_name, _service, _post, _wake) = (name, service, post, wake);
        (_clock, _mutations) = (clock, mutations);
    }

    private enum Standing
    {
        Spare,
        Secondary,
        Primary,
    }

    /// <summary>A confirmation that the primary's code asked for.</summary>
    internal sealed record Confirm(PrimaryContext Reign, long Token);

    /// <summary>
    /// Where the service's code runs, if not on the thread pool: then whoever waits for a checkpoint goes on by a
    /// scheduler as well, so that nothing happens behind its back.
    /// </summary>
    public TaskScheduler? Scheduler { get; init; }

    /// <summary>Runs code that takes long beside the service's calls; by default on a thread of its own.</summary>
    public Action<Action> Beside { get; init; } = static work => Start(work, TaskScheduler.Default);

    /// <summary>Told when something was reported, under no lock: whoever takes reports may act on them.</summary>
    public Action? Turn { get; init; }

    /// <summary>
    /// Whether a change that is asked for while nothing else is under way is made within the call that asks for it.
    /// </summary>
    public bool RunsInCalls { get; init; }

    /// <summary>
    /// Whether a secondary's checkpoints are applied some at a time: <see cref="ApplyGathered"/> must then be called
    /// now and then. Each of them alone would wake a thread, which costs more than to apply it.
    /// </summary>
    public bool AppliesTogether { get; init; }

    /// <summary>Whether it is no primary, or one of which nothing is under way.</summary>
    public bool IsQuiet => Volatile.Read(ref _reign) is not { } reign || !IsPresent(reign) || reign.IsQuiet;

    /// <summary>How what waits for this executor goes on.</summary>
    public TaskCreationOptions Completion =>
        Scheduler is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>The last checkpoint that the state contains.</summary>
    public long Position => _position;

    /// <summary>Takes an instruction. Never waits, and never runs the service's code.</summary>
    public void Take(ServiceInstruction instruction)
    {
        switch (instruction)
        {
            case ServiceInstruction.NoteReleased note:
                if (ReignOf(note.Assignment) is not { } reign) return;
                reign.NoteReleased(note.Sequence);
                Unblock();
                return;
            case ServiceInstruction.NoteConfirmed note:
                ReignOf(note.Assignment)?.NoteConfirmed(note.Token);
                return;
            default:
                if (instruction.Assignment != Interlocked.Exchange(ref _assignment, instruction.Assignment))
                {
                    Volatile.Read(ref _reign)?.End(); // Before whatever waits in the queue.
                    Unblock();
                }

                Enqueue(instruction);
                return;
        }
    }

    /// <summary>Has what was gathered applied.</summary>
    public void ApplyGathered()
    {
        lock (_gate)
        {
            if (_gathered == 0 || _isAwake || _isBlocked) return;
            _isAwake = true;
        }

        _wake();
    }

    public void Enqueue(object work)
    {
        bool hasEnded;
        lock (_gate)
        {
            hasEnded = _hasEnded;
            if (!hasEnded)
            {
                _queue.Add(work);
                if (_isAwake || _isBlocked || MayGather(work)) return;
                _isAwake = true;
            }
        }

        if (hasEnded) Refuse(work);
        else _wake();
    }

    /// <summary>
    /// Makes a caller's change: at once and on its own thread, if it is the only one; else in turn. Callers that wait
    /// together are better served together.
    /// </summary>
    public void Make(WaitingCaller caller)
    {
        if (!RunsInCalls || !caller.Reign.IsQuiet || !TryBegin())
        {
            Enqueue(caller);
            return;
        }

        var done = DoAsync(caller).AsTask();
        Invariant.Holds(done.IsCompleted, "ServiceExecutor: a change waits for nothing");
        done.GetAwaiter().GetResult();
        Offer();
        lock (_gate)
        {
            if (_queue.Count == 0)
            {
                _isAwake = false;
                return;
            }
        }

        _wake();
    }

    /// <summary>Offers what the running call of the service's code has changed.</summary>
    public void OfferInTurn(PrimaryContext reign, ReadOnlyMemory<byte> checkpoint, WaitingCaller caller)
    {
        if (!_isInTurn)
        {
            throw new InvalidOperationException(
                $"No method of {_name} runs. Outside of them, give CheckpointAsync the change as a function.");
        }

        if (!IsPresent(reign))
        {
            caller.Fail(new NotPrimaryException(_name.Value));
            return;
        }

        Add(reign, OnceOnlyTable.Encode(null, default, checkpoint, _service.CheckpointFormat), caller);
        Offer();
    }

    /// <summary>
    /// Nothing it does counts any more: its instance is given up, even if its code never returns.
    /// </summary>
    public void Abandon()
    {
        List<object> left;
        bool wasBlocked;
        lock (_gate)
        {
            if (_hasEnded) return;
            _hasEnded = true;
            (left, _queue) = (_queue, []);
            wasBlocked = _isBlocked;
            if (wasBlocked) (_isBlocked, _isAwake) = (false, true);
        }

        Volatile.Read(ref _reign)?.End();
        foreach (var work in left) Refuse(work);
        if (wasBlocked) _wake(); // The rest of what it stopped within is refused there.
        Cancel(_ended);
    }

    /// <summary>Cancels a token whose callbacks are the service's code: they do not run here.</summary>
    public void Cancel(CancellationTokenSource source) => source.CancelElsewhere(Scheduler);

    /// <summary>Starts code that takes long.</summary>
    public static void Start(Action work, TaskScheduler scheduler) => _ = Task.Factory.StartNew(
        work,
        CancellationToken.None,
        TaskCreationOptions.DenyChildAttach | TaskCreationOptions.LongRunning,
        scheduler);

    /// <summary>Does all that waits, until nothing does or too much waits to be committed.</summary>
    public async ValueTask RunAsync()
    {
        while (TakeBatch())
        {
            for (; _next < _batch.Count; _next++)
            {
                if (StopsAt(_batch[_next])) return;
                await DoAsync(_batch[_next]);
            }

            Offer();
        }
    }

    private bool MayGather(object work)
    {
        if (!AppliesTogether || work is not ServiceInstruction.Apply apply) return false;
        _gathered += apply.Entries.Length;
        return _gathered < MostGathered;
    }

    private bool TryBegin()
    {
        lock (_gate)
        {
            if (_hasEnded || _isAwake || _isBlocked || _queue.Count > 0) return false;
            _isAwake = true;
            return true;
        }
    }

    private bool TakeBatch()
    {
        lock (_gate)
        {
            if (_next < _batch.Count) return true; // It stopped within this one.
            _next = 0;
            _batch.Clear();
            (_batch, _queue) = (_queue, _batch);
            _gathered = 0;
            _isAwake = _batch.Count > 0;
            return _isAwake;
        }
    }

    private bool StopsAt(object work)
    {
        if (work is not (WaitingCaller or ServiceInstruction.Handle)) return false;
        if (_reign is not { IsFull: true }) return false;
        Offer();
        lock (_gate)
        {
            if (!_reign.IsFull || !IsPresent(_reign)) return false;
            (_isBlocked, _isAwake) = (true, false);
            return true;
        }
    }

    private void Unblock()
    {
        lock (_gate)
        {
            if (!_isBlocked || (_reign is { IsFull: true } reign && IsPresent(reign))) return;
            (_isBlocked, _isAwake) = (false, true);
        }

        _wake();
    }

    private PrimaryContext? ReignOf(long assignment) =>
        Volatile.Read(ref _reign) is { } reign && reign.Assignment == assignment ? reign : null;

    private bool IsPresent(PrimaryContext reign) =>
        !_hasEnded && reign.Assignment == Interlocked.Read(ref _assignment);

    private void Add(PrimaryContext reign, ReadOnlyMemory<byte> checkpoint, WaitingCaller? caller)
    {
        _position++;
        _checkpoints.Add(checkpoint);
        reign.Offer(_position, checkpoint.Length, caller);
        if (_checkpoints.Count >= MostPerOffer) Offer();
    }

    private void Offer()
    {
        if (_checkpoints.Count == 0 && _answers.Count == 0) return;
        var first = _position - _checkpoints.Count + 1;
        Post(new ServiceReport.Offered(_reign!.Assignment, first, [.. _checkpoints], [.. _answers]));
        _checkpoints.Clear();
        _answers.Clear();
    }

    private void Post(ServiceReport report)
    {
        lock (_gate)
        {
            if (_hasEnded) return;
            _post(report);
        }

        Turn?.Invoke();
    }

    private void Refuse(object work)
    {
        if (work is WaitingCaller caller) caller.Fail(new NotPrimaryException(_name.Value));
    }
}
