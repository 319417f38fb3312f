using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Http;

/// <summary>
/// Carries clients' requests to a service's primary, wherever it is, and holds them while there is none.
/// </summary>
internal interface IGateway
{
    /// <summary>
    /// Admits a request whose body is still to be read, or refuses it. To be disposed of in any case.
    /// </summary>
    /// <param name="service">The service it is for.</param>
    Admission Admit(ServiceName service);

    /// <summary>
    /// Sends a request and gives the service's answer, or says why there is none. Never throws for either.
    /// </summary>
    /// <param name="admission">What was admitted, or refused. It ends with this.</param>
    /// <param name="body">What the service understands; must not change before the answer.</param>
    /// <param name="isRead">True if the request changes nothing.</param>
    /// <param name="idempotencyKey">The client's own id of the request, or null.</param>
    /// <param name="cancellationToken">Says that the client has gone. A write may still take effect.</param>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    ValueTask<Reply> SendAsync(
        Admission admission,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken);

    /// <summary>The same, of a request whose body is there already.</summary>
    ValueTask<Reply> SendAsync(
        ServiceName service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return SendAsync(Admit(service), body, isRead, idempotencyKey, cancellationToken);
    }
}
