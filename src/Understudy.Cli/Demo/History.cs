namespace Understudy.Cli.Demo;

/// <summary>Everything that the demo's clients did. Safe for many clients.</summary>
internal sealed class History
{
    private readonly Lock _lock = new();
    private readonly List<Operation> _operations = [];
    private int _acknowledged;

    public int Count
    {
        get
        {
            lock (_lock) return _operations.Count;
        }
    }

    /// <summary>How many writes were acknowledged so far.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public void Add(Operation operation)
    {
        lock (_lock) _operations.Add(operation);
        if (operation.IsAcknowledgedWrite) Interlocked.Increment(ref _acknowledged);
    }

    public IReadOnlyList<Operation> Snapshot()
    {
        lock (_lock) return [.. _operations];
    }
}
