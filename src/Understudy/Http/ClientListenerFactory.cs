using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Understudy.Http;

/// <summary>
/// Listens as the server does by itself, and closes connections that <see cref="ClientConnections"/> refuses.
/// </summary>
internal sealed class ClientListenerFactory(IServiceProvider services, ClientConnections connections)
    : IConnectionListenerFactory
{
    private readonly SocketTransportFactory _sockets =
        ActivatorUtilities.CreateInstance<SocketTransportFactory>(services);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        new Listener(await _sockets.BindAsync(endpoint, cancellationToken), connections);

    private sealed class Listener(IConnectionListener sockets, ClientConnections connections) : IConnectionListener
    {
        public EndPoint EndPoint => sockets.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken)
        {
            while (await sockets.AcceptAsync(cancellationToken) is { } connection)
            {
                if (connections.TryAdmit(connection)) return connection;
                connection.Abort(new ConnectionAbortedException("This node has too many connections."));
                await connection.DisposeAsync(); // Not later: the next one would find its file open.
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken) => sockets.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
