namespace Understudy.Workers;

/// <summary>Holds the context of the run whose scope of services this is.</summary>
internal sealed class WorkerScope
{
    private IWorkerContext? _context;

    public IWorkerContext Context
    {
        get => _context ?? throw new InvalidOperationException(
            "There is an IWorkerContext only within a worker that AddPrimaryOnly added, in its constructor and in that "
            + "of the scoped services it uses.");
        set => _context = value;
    }
}
