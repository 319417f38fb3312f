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

/// <summary>What of a response says how its attempt ended.</summary>
/// <param name="Status">The status code.</param>
/// <param name="IsOfNode">Whether a node of a cluster signed it (<c>Understudy-Node</c>).</param>
/// <param name="SaysMoved">Whether it says that the primary is elsewhere (<c>Understudy-Moved</c>).</param>
/// <param name="SaysWhenToRetry">Whether it says when to try again (<c>Retry-After</c>).</param>
internal readonly record struct ResponseSigns(int Status, bool IsOfNode, bool SaysMoved, bool SaysWhenToRetry)
{
    private const int BadGateway = 502;
    private const int ServiceUnavailable = 503;

    public AttemptEnd End => this switch
    {
        { SaysMoved: true } => AttemptEnd.Moved,
        { IsOfNode: false } => AttemptEnd.Answered,
        { Status: ServiceUnavailable, SaysWhenToRetry: true } => AttemptEnd.Unavailable,
        { Status: BadGateway } => AttemptEnd.Unknown,
        _ => AttemptEnd.Answered,
    };
}
