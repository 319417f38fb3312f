namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// Lets time pass where its length is what is wanted: how long a client thinks, or a process is stopped. Nothing is
/// waited for by it.
/// </summary>
internal static class StormPause
{
    /// <summary>Returns after this time, or when it is told to stop.</summary>
    public static async Task PassAsync(TimeSpan length, CancellationToken stop = default)
    {
        using var timer = new PeriodicTimer(length + TimeSpan.FromMilliseconds(1));
        try
        {
            await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Whoever said so knows.
        }
    }
}
