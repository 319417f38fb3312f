namespace Understudy.Web;

/// <summary>What an endpoint answered to a <see cref="CarriedRequest"/>; kept under the request's key.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body.</param>
internal sealed record CarriedResponse(
    int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    private const byte Layout = 1;

    public byte[] Encode()
    {
        using var output = new MemoryStream(128 + Body.Length);
        using var writer = new BinaryWriter(output);
        writer.Write(Layout);
        writer.Write((short)Status);
        writer.WriteHeaders(Headers);
        writer.Write(Body.Span);
        writer.Flush();
        return output.ToArray();
    }

    public static CarriedResponse Decode(ReadOnlyMemory<byte> bytes)
    {
        using var reader = CarriedFormat.Reader(bytes);
        var layout = reader.ReadByte();
        if (layout != Layout)
            throw new InvalidDataException($"A carried answer has layout {layout}; this node knows {Layout}.");
        var status = reader.ReadInt16();
        var headers = reader.ReadHeaders();
        return new CarriedResponse(status, headers, bytes[(int)reader.BaseStream.Position..]);
    }
}
