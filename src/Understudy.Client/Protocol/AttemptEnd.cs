namespace Understudy.Client.Protocol;

/// <summary>How an attempt to have a request answered ended.</summary>
internal enum AttemptEnd
{
    /// <summary>The service answered.</summary>
    Answered,

    /// <summary>It was not sent: no connection could be made.</summary>
    NotSent,

    /// <summary>A node that is not the primary says so, and did nothing.</summary>
    Moved,

    /// <summary>The connection broke, or the node says that the outcome is unknown: it may have taken effect.</summary>
    Unknown,

    /// <summary>A node could not have it answered in time: it may still take effect.</summary>
    Unavailable,
}
