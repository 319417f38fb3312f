namespace Understudy;

/// <summary>
/// This node's provider of a service is not primary, or stopped being so before what was asked was committed. Then it
/// is not known whether the change will survive: ask the new primary, under the same idempotency key if there is one.
/// </summary>
/// <example>
/// <code>
/// catch (NotPrimaryException e) { return Results.Problem($"ask {e.Primary ?? "again later"}", statusCode: 503); }
/// </code>
/// </example>
public sealed class NotPrimaryException : InvalidOperationException
{
    /// <summary>Of a service that is not named.</summary>
    public NotPrimaryException()
        : this("a service")
    {
    }

    /// <param name="service">The service's name.</param>
    public NotPrimaryException(string service)
        : this(service, primary: null)
    {
    }

    /// <param name="service">The service's name.</param>
    /// <param name="primary">The node that is primary, as far as known here.</param>
    public NotPrimaryException(string service, string? primary)
        : base($"This node's provider of {service} is not primary, or was demoted meanwhile. "
            + (primary is null ? "Ask the new primary." : $"{primary} is primary: ask there.")) => Primary = primary;

    /// <summary>With a message of its own.</summary>
    public NotPrimaryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The node that is primary, as far as known here; null if none is known.</summary>
    public string? Primary { get; }
}
