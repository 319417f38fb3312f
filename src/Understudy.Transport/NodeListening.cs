using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Understudy.Transport;

/// <summary>Lets Kestrel take the connections of peers.</summary>
public static class NodeListening
{
    /// <summary>Adds the node-to-node address, after <see cref="TransportOptions.ConfigureListen"/> (TLS).</summary>
    public static void ListenNodes(this KestrelServerOptions kestrel, IPEndPoint address, TcpTransport transport) =>
        kestrel.Listen(address, listen =>
        {
            transport.Options.ConfigureListen?.Invoke(listen);
            listen.Run(transport.ServeAsync);
        });
}
