namespace Understudy.Services;

/// <summary>Cancels tokens whose callbacks are the code of services.</summary>
internal static class Cancellation
{
    /// <summary>The callbacks do not run here, but on the thread pool, or by a scheduler.</summary>
    public static void CancelElsewhere(this CancellationTokenSource source, TaskScheduler? scheduler)
    {
        if (scheduler is null)
        {
            _ = source.CancelAsync();
            return;
        }

        Task.Factory.StartNew(source.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
    }
}
