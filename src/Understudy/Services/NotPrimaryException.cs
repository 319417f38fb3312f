namespace Understudy;

/// <summary>
/// This node's provider of a service is not primary, or stopped being so before what was asked was committed. Then it
/// is not known whether the change will survive: ask the new primary, under the same idempotency key if there is one.
/// </summary>
public sealed class NotPrimaryException : InvalidOperationException
{
    public NotPrimaryException()
        : this("a service")
    {
    }

    /// <param name="service">The service's name.</param>
    public NotPrimaryException(string service)
        : base($"This node's provider of {service} is not primary, or was demoted meanwhile. Ask the new primary.")
    {
    }

    public NotPrimaryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
