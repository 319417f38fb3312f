namespace Understudy.Testing.Machines;

/// <summary>
/// Runs one process's own code, or the test's, on the cluster's one thread, in the order in which it became ready. The
/// code of a paused process waits; that of a killed one never goes on.
/// </summary>
internal sealed class CodeScheduler(VirtualTime time) : TaskScheduler
{
    private readonly Queue<Task> _held = new();
    private bool _isHeld;
    private bool _hasEnded;

    public override int MaximumConcurrencyLevel => 1;

    public void Hold() => _isHeld = true;

    public void GoOn()
    {
        _isHeld = false;
        while (_held.TryDequeue(out var task)) QueueTask(task);
    }

    public void End()
    {
        _hasEnded = true;
        _held.Clear();
    }

    /// <summary>Starts an asynchronous piece of code.</summary>
    public Task Start(Func<Task> code) => Task.Factory.StartNew(
        code, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Runs a piece of code.</summary>
    public Task Start(Action code) =>
        Task.Factory.StartNew(code, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    protected override void QueueTask(Task task) => time.Post(() => Run(task));

    // What a task starts runs after it, as if on another thread: the order does not depend on how deep calls are.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _held];

    private void Run(Task task)
    {
        if (_hasEnded) return;
        if (_isHeld) _held.Enqueue(task);
        else TryExecuteTask(task);
    }
}
