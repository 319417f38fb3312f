using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Understudy.EndToEnd.Tests;

/// <summary>
/// Has another .NET process collect its garbage, by the runtime's diagnostics port: to listen to its heap's events
/// begins with a full collection.
/// </summary>
internal static class ForcedCollection
{
    private const int HeaderBytes = 20;
    private const byte EventPipe = 2;
    private const byte StopTracing = 1;
    private const byte CollectTracing2 = 3;
    private const ulong CollectHeap = 0x800000;

    /// <summary>
    /// Memory that has become free goes back to the system when it has stayed free for some twenty collections.
    /// </summary>
    private const int Rounds = 25;

    public static async Task RunAsync(int pid)
    {
        for (var round = 0; round < Rounds; round++) await CollectAsync(pid);
    }

    private static async Task CollectAsync(int pid)
    {
        using var events = await ConnectAsync(pid);
        await events.SendAsync(Message(CollectTracing2, Listen()));
        var answer = new byte[HeaderBytes + sizeof(ulong)];
        await using var stream = new NetworkStream(events);
        await stream.ReadExactlyAsync(answer);

        using var stop = await ConnectAsync(pid);
        await stop.SendAsync(Message(StopTracing, answer[HeaderBytes..]));
        await stream.CopyToAsync(Stream.Null); // To the end, which comes after the collection.
    }

    private static async Task<Socket> ConnectAsync(int pid)
    {
        // Killed processes leave theirs, and their numbers come again: the time of the start tells them apart.
        var stat = await File.ReadAllTextAsync($"/proc/{pid}/stat");
        var startedAt = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        var path = Path.Combine(Path.GetTempPath(), $"dotnet-diagnostic-{pid}-{startedAt}-socket");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static byte[] Listen()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(1u); // Megabytes of buffer.
        writer.Write(1u); // The format of the events.
        writer.Write((byte)0); // Without what was loaded before.
        writer.Write(1u); // One source.
        writer.Write(CollectHeap);
        writer.Write(4u); // Informational.
        Write(writer, "Microsoft-Windows-DotNETRuntime");
        writer.Write(0u); // No arguments.
        return bytes.ToArray();
    }

    private static void Write(BinaryWriter writer, string text)
    {
        writer.Write(text.Length + 1);
        writer.Write(Encoding.Unicode.GetBytes(text + "\0"));
    }

    private static byte[] Message(byte command, byte[] content)
    {
        var message = new byte[HeaderBytes + content.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        (message[16], message[17]) = (EventPipe, command);
        content.CopyTo(message, HeaderBytes);
        return message;
    }
}
