using Understudy.Contracts;
using Understudy.Protocol;

namespace Understudy;

/// <summary>The node that runs in this process. May be asked from any thread once it has started.</summary>
public interface IUnderstudyNode
{
    /// <summary>The node's id.</summary>
    string Node { get; }

    /// <summary>Where its HTTP side listens: gateway, health, status.</summary>
    Uri HttpAddress { get; }

    /// <summary>What it knows of its cluster; the same document as <c>/api/v1/status</c>.</summary>
    StatusDocument Status { get; }

    /// <summary>Whether the service's primary is here, serves, and the node's view lease runs.</summary>
    bool IsPrimary(string service);

    /// <summary>
    /// This node's present instance of a service's code, in whatever role; null before it begins. Ask again after a
    /// failure: then it is another one.
    /// </summary>
    /// <exception cref="InvalidCastException">The service's code is of another type.</exception>
    TService? Find<TService>(string service)
        where TService : class, IReplicatedService;

    /// <summary>
    /// Sends a request to a service's primary, wherever it is, and waits while there is none (5 s with <c>lan</c>).
    /// </summary>
    /// <param name="service">The service's name.</param>
    /// <param name="body">What its <see cref="IReplicatedService.HandleRequestAsync"/> understands.</param>
    /// <param name="isRead">True if it changes nothing.</param>
    /// <param name="idempotencyKey">The client's own name of the request: sent again, it takes effect once.</param>
    /// <param name="cancellationToken">Stops waiting. A change may still take effect.</param>
    /// <returns>The answer, or why there is none.</returns>
    ValueTask<Reply> SendAsync(
        string service,
        ReadOnlyMemory<byte> body,
        bool isRead = false,
        string? idempotencyKey = null,
        CancellationToken cancellationToken = default);
}
