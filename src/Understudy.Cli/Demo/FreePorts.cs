using System.Net;
using System.Net.Sockets;

namespace Understudy.Cli.Demo;

/// <summary>
/// Finds ports for nodes that will listen on them, be killed, and listen again. They are below those that systems give
/// to outgoing connections (32768 and up on Linux, 49152 and up elsewhere), which could take a dead node's port.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>So many different ports, free now; somebody else could still take one before it is used.</summary>
    /// <exception cref="SocketException">There are not so many.</exception>
    public static int[] Find(int count)
    {
        List<TcpListener> listeners = [];
        try
        {
            var start = Random.Shared.Next(First, Last);
            for (var tried = 0; listeners.Count < count; tried++)
            {
                if (tried > Last - First) throw new SocketException((int)SocketError.AddressAlreadyInUse);
                var port = First + ((start - First + tried) % (Last - First));
                if (TryListen(port) is { } listener) listeners.Add(listener);
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null; // Somebody else listens there.
        }
    }
}
