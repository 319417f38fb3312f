namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A way in which a client reaches <c>kv</c>.</summary>
internal interface IWayIn
{
    /// <summary>How reports call it.</summary>
    string Name { get; }

    /// <summary>Asks until it is answered, at most until the deadline.</summary>
    /// <param name="method">The request's.</param>
    /// <param name="below">The path below the service's, such as <c>keys/a</c>.</param>
    /// <returns>The answer's body.</returns>
    /// <exception cref="HttpRequestException">The answer is no success, or nobody gave one.</exception>
    /// <exception cref="OperationCanceledException">There was none within the deadline.</exception>
    Task<string> AskAsync(HttpMethod method, string below);
}
