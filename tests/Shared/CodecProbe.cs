using System.Text;
using System.Text.Json;
using CsCheck;

namespace Understudy.Codecs;

/// <summary>What is tried with every codec: each message returns whole, and no bytes harm the decoder.</summary>
/// <param name="encode">Gives a message's bytes.</param>
/// <param name="decode">Gives the message, or null and a reason.</param>
internal sealed class CodecProbe<T>(Func<T, byte[]> encode, CodecProbe<T>.Decoder decode)
    where T : class
{
    /// <summary>
    /// A decoder may allocate so many bytes for each byte it is given: two bytes can name an empty object in a list,
    /// parsed and then converted. A body of protobuf has at most 64 KB, so this stays within a frame's limit of 4 MB.
    /// </summary>
    private const int MostAllocatedPerByte = 64;

    /// <summary>What a refusal costs: the exception that damage raises inside the parser, and its text.</summary>
    private const int AllocatedAnyway = 16 * 1024;

    // What a record derives from its fields (the epoch after this one) is not a field.
    private static readonly JsonSerializerOptions _fieldsOnly = new() { IgnoreReadOnlyProperties = true };

    internal delegate bool Decoder(ReadOnlyMemory<byte> body, out T? message, out string? reason);

    /// <summary>Every generated message comes back with equal fields, and gives the same bytes again.</summary>
    public void ReturnsWhole(Gen<T> messages) => messages.Sample(
        message =>
        {
            var bytes = encode(message);
            decode(bytes, out var decoded, out var reason).ShouldBeTrue(reason);
            Fields(decoded!).ShouldBe(Fields(message));
            encode(decoded!).ShouldBe(bytes);
        },
        iter: 2_000,
        print: Fields);

    /// <summary>Random bytes are refused or read, within the limits.</summary>
    public void WithstandsRandomBytes() => Gen.Byte.Array[0, 300].Sample(bytes => Withstands(bytes), iter: 20_000);

    /// <summary>Valid bytes with a few changes are refused or read, within the limits.</summary>
    public void WithstandsMutatedBytes(Gen<T> messages, T first)
    {
        Withstands(encode(first));
        Gen.Select(messages, Change.Array[1, 4]).Sample(
            (message, changes) => Withstands(changes.Aggregate(encode(message), Apply)), iter: 10_000);
    }

    /// <summary>Each prefix of the message's bytes is refused or read, within the limits.</summary>
    public void WithstandsEveryPrefix(T message)
    {
        var bytes = encode(message);
        for (var length = 0; length < bytes.Length; length++) Withstands(bytes[..length]);
    }

    /// <summary>The decoder neither throws nor allocates more than a small multiple of the bytes.</summary>
    /// <returns>Why it refused them; null if it read a message.</returns>
    public string? Withstands(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRead = decode(bytes, out var message, out var reason);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBeLessThanOrEqualTo(AllocatedAnyway + MostAllocatedPerByte * (long)bytes.Length);
        (message is not null).ShouldBe(isRead);
        if (isRead) reason.ShouldBeNull();
        else reason.ShouldNotBeNullOrWhiteSpace();
        return reason;
    }

    /// <summary>A field that holds the element as often as fits is refused or read, within the limits.</summary>
    public void WithstandsRepetition(byte tag, byte[] element, int maxBody)
    {
        var count = (maxBody - 4) / element.Length;
        var length = count * element.Length;
        byte[] start = [tag, (byte)(length | 0x80), (byte)(length >> 7 | 0x80), (byte)(length >> 14)];
        byte[] body = [.. start, .. Enumerable.Repeat(element, count).SelectMany(each => each)];
        Withstands(body[..4]);
        Withstands(body);
    }

    /// <summary>
    /// The messages' bytes are those in the file, one line each: its name, and its bytes as hex. A difference is a
    /// change of format: decide it first, then change the file.
    /// </summary>
    public void AreAsAgreed(IEnumerable<T> messages, string file)
    {
        var lines = new StringBuilder();
        foreach (var message in messages)
        {
            var bytes = encode(message);
            lines.Append(message.GetType().Name).Append(' ').Append(Convert.ToHexStringLower(bytes)).Append('\n');
            decode(bytes, out var decoded, out var reason).ShouldBeTrue(reason);
            Fields(decoded!).ShouldBe(Fields(message));
        }

        var agreed = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file));
        lines.ToString().ShouldBe(agreed);
    }

    private static string Fields(T message) =>
        $"{message.GetType().Name} {JsonSerializer.Serialize(message, message.GetType(), _fieldsOnly)}";

    private static readonly Gen<(int Kind, uint Place, byte Value)> Change =
        Gen.Select(Gen.Int[0, 3], Gen.UInt, Gen.OneOf(Gen.OneOf((byte)0, (byte)0x7F, (byte)0xFF), Gen.Byte));

    private static byte[] Apply(byte[] bytes, (int Kind, uint Place, byte Value) change)
    {
        if (bytes.Length == 0) return [change.Value];
        var place = (int)(change.Place % (uint)bytes.Length);
        return change.Kind switch
        {
            0 => [.. bytes[..place], change.Value, .. bytes[(place + 1)..]],
            1 => bytes[..place],
            2 => [.. bytes[..place], change.Value, .. bytes[place..]],
            _ => [.. bytes[..place], .. bytes[(place + 1)..]],
        };
    }
}
