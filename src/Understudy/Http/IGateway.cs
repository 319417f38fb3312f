using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>
/// Carries clients' requests to a service's primary, wherever it is, and holds them while there is none.
/// </summary>
public interface IGateway
{
    /// <summary>
    /// Sends a request and gives the service's answer, or says why there is none. Never throws for either.
    /// </summary>
    /// <param name="service">The service it is for.</param>
    /// <param name="body">What the service understands; must not change before the answer.</param>
    /// <param name="isRead">True if the request changes nothing.</param>
    /// <param name="idempotencyKey">The client's own id of the request, or null.</param>
    /// <param name="cancellationToken">Says that the client has gone. A write may still take effect.</param>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    ValueTask<Reply> SendAsync(
        ServiceName service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken);
}
