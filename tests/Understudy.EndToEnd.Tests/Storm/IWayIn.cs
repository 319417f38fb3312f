namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A way in which a client reaches a service.</summary>
internal interface IWayIn
{
    /// <summary>How reports call it.</summary>
    string Name { get; }

    /// <summary>The service.</summary>
    string Service { get; }

    /// <summary>Whether a change may be asked for again.</summary>
    bool MayRepeat { get; }

    /// <summary>Asks until it is answered, at most until the deadline.</summary>
    /// <param name="method">The request's.</param>
    /// <param name="below">The path below the service's, such as <c>keys/a</c>.</param>
    /// <param name="body">The request's, if it has one.</param>
    /// <returns>The answer's body.</returns>
    /// <exception cref="UnknownOutcomeException">It was asked once, and nobody knows what became of it.</exception>
    /// <exception cref="HttpRequestException">The answer is no success, or nobody gave one.</exception>
    /// <exception cref="OperationCanceledException">There was none within the deadline.</exception>
    Task<string> AskAsync(HttpMethod method, string below, string? body = null);
}
