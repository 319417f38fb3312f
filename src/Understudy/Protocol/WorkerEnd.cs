namespace Understudy.Protocol;

/// <summary>How a run of a worker ended.</summary>
public enum WorkerEnd
{
    /// <summary>It was told to stop, or was never begun.</summary>
    Stopped,

    /// <summary>It returned by itself: there is nothing more to do.</summary>
    Completed,

    /// <summary>It threw.</summary>
    Failed,
}
