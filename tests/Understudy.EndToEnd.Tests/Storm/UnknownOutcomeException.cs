namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>A change that its client may not repeat was cut: it may have been made, or be made yet.</summary>
/// <param name="node">The node that was asked.</param>
/// <param name="inner">What the client saw.</param>
internal sealed class UnknownOutcomeException(Uri node, Exception inner)
    : Exception($"{node.Authority}: {inner.Message}", inner)
{
    /// <summary>The node that was asked.</summary>
    public Uri Node => node;

    /// <summary>Whether the node itself said so.</summary>
    public bool IsTold { get; init; }
}
