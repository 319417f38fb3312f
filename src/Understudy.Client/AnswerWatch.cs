using Understudy.Client.Protocol;

namespace Understudy.Client;

/// <summary>Hears for one answer, while it is read, that the node that gives it is primary no more.</summary>
/// <param name="locator">Hears of changes.</param>
/// <param name="hasMoved">Whether the primary is elsewhere now.</param>
/// <param name="broken">Makes what the reader is told when the answer breaks off, of the reason.</param>
/// <param name="clock">Measures how long nothing comes then.</param>
internal sealed class AnswerWatch(
    ServiceLocator locator,
    Func<bool> hasMoved,
    Func<Exception?, Exception> broken,
    TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource _moved = new();
    private readonly CancellationTokenSource _end = new();

    /// <summary>Begins.</summary>
    public void Begin() => _ = WatchAsync();

    /// <summary>What the reader is told: of what happened, or, if that is null, of the move.</summary>
    public Exception Broken(Exception? cause) => broken(cause);

    /// <summary>Reads, but does not wait for long once the primary has moved.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, or has moved and nothing came.</exception>
    public async ValueTask<int> ReadAsync(Stream inner, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        await using var cancelled = cancellationToken.UnsafeRegister(Cancel, late);
        await using var moved = _moved.Token.UnsafeRegister(Hurry, late);
        return await inner.ReadAsync(buffer, late.Token);
    }

    /// <summary>Nothing is read any more.</summary>
    public void Dispose() => _end.Cancel();

    private static void Cancel(object? late) => ((CancellationTokenSource)late!).Cancel();

    private static void Hurry(object? late) => ((CancellationTokenSource)late!).CancelAfter(RequestPlan.StreamPatience);

    private async Task WatchAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var changed = locator.Changed;
            if (hasMoved())
            {
                await _moved.CancelAsync();
                return;
            }

            await changed.WaitAsync(_end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
