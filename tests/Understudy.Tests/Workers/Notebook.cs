namespace Understudy.Tests.Workers;

/// <summary>A scoped service that a worker uses.</summary>
internal sealed class Notebook(IWorkerContext context) : IDisposable
{
    public IWorkerContext Context => context;

    public bool IsClosed { get; private set; }

    public void Dispose() => IsClosed = true;
}
