namespace Understudy;

/// <summary>This node is not the service's primary, so it can neither change the state nor read it for certain.</summary>
/// <param name="message">What was asked, and who is primary.</param>
/// <param name="primary">The node that is, as far as known.</param>
/// <example>
/// <code>
/// catch (NotPrimaryException e) { return Results.Problem($"ask {e.Primary ?? "again later"}", statusCode: 503); }
/// </code>
/// </example>
public sealed class NotPrimaryException(string message, string? primary = null) : InvalidOperationException(message)
{
    /// <summary>The node that is primary, as far as known here; null if none is known.</summary>
    public string? Primary { get; } = primary;
}
