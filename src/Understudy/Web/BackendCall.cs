using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>A client's request for a service's program, while it is on this node.</summary>
/// <param name="number">Its number in the order of arrival.</param>
/// <param name="admission">Counts it.</param>
internal sealed class BackendCall(long number, Admission admission)
{
    private TaskCompletionSource<HttpEffect> _next = NewNext();

    public long Number => number;

    public Admission Admission => admission;

    /// <summary>Where it is forwarded now, or was last.</summary>
    public Attempt? Current { get; private set; }

    /// <summary>What is to be done with it next: forward or refuse it.</summary>
    public Task<HttpEffect> Next => _next.Task;

    /// <summary>Under the lock of whoever decides.</summary>
    public void Decide(HttpEffect effect)
    {
        if (effect is HttpEffect.Forward forward) Current = new Attempt(forward.Node);
        _next.SetResult(effect);
    }

    /// <summary>From here on something else is to be decided.</summary>
    public void Await() => _next = NewNext();

    private static TaskCompletionSource<HttpEffect> NewNext() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One attempt to have it answered.</summary>
    public sealed class Attempt(NodeId node) : IDisposable
    {
        private readonly CancellationTokenSource _cut = new();

        public NodeId Node => node;

        /// <summary>Set before <see cref="Token"/> is cancelled.</summary>
        public bool IsCut { get; set; }

        public CancellationToken Token => _cut.Token;

        public void Cancel()
        {
            try
            {
                _cut.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has come to its end by itself.
            }
        }

        public void Dispose() => _cut.Dispose();
    }
}
