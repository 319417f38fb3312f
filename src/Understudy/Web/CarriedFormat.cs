using System.Runtime.InteropServices;

namespace Understudy.Web;

/// <summary>What carried requests and answers are made of: little-endian numbers, texts with their length.</summary>
internal static class CarriedFormat
{
    public static BinaryReader Reader(ReadOnlyMemory<byte> bytes)
    {
        var isArray = MemoryMarshal.TryGetArray(bytes, out var array);
        var copy = isArray ? array : new ArraySegment<byte>(bytes.ToArray());
        return new BinaryReader(new MemoryStream(copy.Array!, copy.Offset, copy.Count, writable: false));
    }

    public static void WriteHeaders(
        this BinaryWriter writer, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        writer.Write((ushort)headers.Count);
        foreach (var (name, value) in headers)
        {
            writer.Write(name);
            writer.Write(value);
        }
    }

    public static List<KeyValuePair<string, string>> ReadHeaders(this BinaryReader reader)
    {
        var count = reader.ReadUInt16();
        List<KeyValuePair<string, string>> headers = new(count);
        for (var number = 0; number < count; number++) headers.Add(new(reader.ReadString(), reader.ReadString()));
        return headers;
    }
}
