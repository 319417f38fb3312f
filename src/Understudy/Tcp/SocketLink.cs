using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Understudy.Tcp;

/// <summary>A link on the runtime's own sockets and thread pool, for every system.</summary>
internal sealed class SocketLink : TcpLink
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>After so many full buffers in one go, others have their turn.</summary>
    private const int MaxRounds = 16;

    /// <summary>Whoever waits to send looks so often whether there still is who it is from.</summary>
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(1);

    private readonly Socket _client;
    private readonly TimeProvider _clock;
    private Socket? _backend;

    public SocketLink(Socket client, TimeProvider clock)
    {
        (_client, _clock) = (client, clock);
        Prepare(client);
    }

    public override void Connect(IPEndPoint to, Action<string?> done)
    {
        _backend?.Dispose();
        _backend = null;
        _ = ConnectAsync(to, done);
    }

    public override void Splice(Action ended) => _ = Task.Run(() => SpliceAsync(_backend!, ended));

    public override void Abort()
    {
        // Closed without time to linger it is reset.
        _client.Close(timeout: 0);
        _backend?.Close(timeout: 0);
    }

    private async Task ConnectAsync(IPEndPoint to, Action<string?> done)
    {
        try
        {
            _backend = CreateBackend(to);
            await _backend.ConnectAsync(to);
            done(null);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            done(e.Message);
        }
    }

    private async Task SpliceAsync(Socket backend, Action ended)
    {
        await Task.WhenAll(CarryAsync(_client, backend), CarryAsync(backend, _client));
        _client.Dispose();
        backend.Dispose();
        ended();
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        try
        {
            from.Blocking = false;

            // Waits without a buffer: an idle connection costs none.
            do await from.ReceiveAsync(Memory<byte>.Empty);
            while (await CarryWhatCameAsync(from, to));
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort();
        }
    }

    /// <returns>False at the end.</returns>
    private async ValueTask<bool> CarryWhatCameAsync(Socket from, Socket to)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var round = 0; round < MaxRounds; round++)
            {
                var count = from.Receive(buffer, 0, BufferBytes, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) return true;
                if (error != SocketError.Success) throw new SocketException((int)error);
                if (count == 0) return false;

                // Whoever reads slowly keeps this buffer, and no thread.
                for (var sent = 0; sent < count;)
                    sent += await SendAsync(from, to, buffer.AsMemory(sent, count - sent));
                if (count < BufferBytes) return true;
            }

            await Task.Yield();
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<int> SendAsync(Socket from, Socket to, ReadOnlyMemory<byte> bytes)
    {
        var sending = to.SendAsync(bytes);
        if (sending.IsCompleted) return await sending;
        var sent = sending.AsTask();
        while (await Task.WhenAny(sent, Task.Delay(_lookEvery, _clock)) != sent)
        {
            if (from.Poll(TimeSpan.Zero, SelectMode.SelectError)) Abort(); // Then this sending ends, too.
        }

        return await sent;
    }
}
