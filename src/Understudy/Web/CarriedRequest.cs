using System.Diagnostics.CodeAnalysis;
using System.Net;
using Understudy.Replication.Protocol;

namespace Understudy.Web;

/// <summary>
/// An HTTP request on its way to the node where its service is primary. The first part says what is asked for, and
/// tells one request from another under the same key; the second part is how it was asked.
/// </summary>
internal sealed record CarriedRequest
{
    /// <summary>The number of this layout.</summary>
    private const byte Layout = 1;

    public required string Method { get; init; }

    /// <summary>Path and query below the service, encoded.</summary>
    public required string Target { get; init; }

    public string ContentType { get; init; } = "";

    /// <summary>Compared as well: who finds another one's key is not given the other one's answer.</summary>
    public string Authorization { get; init; } = "";

    public ReadOnlyMemory<byte> Body { get; init; }

    public string Scheme { get; init; } = "http";

    public string Host { get; init; } = "";

    /// <summary>Whose connection it came on, or null.</summary>
    public IPAddress? Client { get; init; }

    /// <summary>All other headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public ReadOnlyMemory<byte> Encode()
    {
        using var compared = new MemoryStream(256 + Body.Length);
        using (var writer = new BinaryWriter(compared, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Layout);
            writer.Write(Method);
            writer.Write(Target);
            writer.Write(ContentType);
            writer.Write(Authorization);
            writer.Write(Body.Length);
            writer.Write(Body.Span);
        }

        using var rest = new MemoryStream(256);
        using (var writer = new BinaryWriter(rest, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Scheme);
            writer.Write(Host);
            writer.Write(Client?.ToString() ?? "");
            writer.WriteHeaders(Headers);
        }

        return ComparedPart.Join(compared.GetBuffer().AsSpan(0, (int)compared.Length), rest.ToArray());
    }

    /// <summary>False of a body that is none, such as one that the service itself understands.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out CarriedRequest? request)
    {
        request = null;
        if (!ComparedPart.TrySplit(body, out var compared, out var rest) || compared.IsEmpty) return false;
        using var reader = CarriedFormat.Reader(compared);
        using var more = CarriedFormat.Reader(rest);
        var layout = reader.ReadByte();
        if (layout != Layout)
            throw new InvalidDataException($"A carried request has layout {layout}; this node knows {Layout}.");
        request = new CarriedRequest
        {
            Method = reader.ReadString(),
            Target = reader.ReadString(),
            ContentType = reader.ReadString(),
            Authorization = reader.ReadString(),
            Body = reader.ReadBytes(reader.ReadInt32()),
            Scheme = more.ReadString(),
            Host = more.ReadString(),
            Client = IPAddress.TryParse(more.ReadString(), out var client) ? client : null,
            Headers = more.ReadHeaders(),
        };
        return true;
    }
}
