using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

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

    /// <summary>For the server that takes nodes' connections: reads them in large blocks.</summary>
    public static void ReadInLargeBlocks(IServiceCollection services) =>
        services.AddSingleton<IMemoryPoolFactory<byte>, ReceiveBlocks>();

    /// <summary>
    /// For the server that takes nodes' connections, and no other: what comes is read on the thread that learns of it,
    /// because taking it never waits. Each thread in between would add its wake-up to every message.
    /// </summary>
    public static void HandOnAtOnce(SocketTransportOptions sockets)
    {
        sockets.UnsafePreferInlineScheduling = true;
        sockets.WaitForDataBeforeAllocatingBuffer = false; // Few connections, and never silent for long.
    }
}
