using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Understudy.Kernel;

namespace Understudy.Transport.Protocol;

/// <summary>
/// The bytes of a handshake, which are the body of a frame of <see cref="Layer.Transport"/>. Little endian; a name is
/// one byte of length and UTF-8; an identity is cluster id (16, 0 while blank), node name, counter (8), nonce (8),
/// disk id (16).
/// <code>
/// Hello     1, format version (2), purpose (1), cluster name, identity, destination's node name
/// Accepted  2, format version (2), cluster name, identity
/// Refused   3, code (1), length (2), text
/// </code>
/// </summary>
internal static class HandshakeCodec
{
    /// <summary>The longest body of a handshake, in bytes: until it is done, nothing longer is buffered.</summary>
    public const int MaxBytes = 2048;

    private const int MaxTextCharacters = 400;
    private const byte HelloKind = 1;
    private const byte AcceptedKind = 2;
    private const byte RefusedKind = 3;

    /// <summary>Writes a handshake.</summary>
    /// <param name="output">At least <see cref="MaxBytes"/>.</param>
    /// <param name="handshake">What to write.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> output, Handshake handshake)
    {
        var writer = new Writer(output);
        switch (handshake)
        {
            case Handshake.Hello hello:
                writer.Byte(HelloKind);
                writer.Number(FrameHeader.FormatVersion);
                writer.Byte((byte)hello.Purpose);
                writer.Name(hello.ClusterName);
                writer.Identity(hello.From);
                writer.Name(hello.To.Value);
                break;
            case Handshake.Accepted accepted:
                writer.Byte(AcceptedKind);
                writer.Number(FrameHeader.FormatVersion);
                writer.Name(accepted.ClusterName);
                writer.Identity(accepted.From);
                break;
            case Handshake.Refused refused:
                writer.Byte(RefusedKind);
                writer.Byte((byte)refused.Code);
                writer.Text(refused.Text.Length > MaxTextCharacters ? refused.Text[..MaxTextCharacters] : refused.Text);
                break;
            default:
                throw new UnreachableException($"Unknown handshake {handshake}.");
        }

        return writer.Length;
    }

    /// <summary>Reads a handshake. Damaged bytes give false and a reason.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out Handshake? handshake,
        [NotNullWhen(false)] out string? reason)
    {
        var reader = new Reader(body);
        handshake = reader.Byte() switch
        {
            HelloKind => ReadHello(ref reader),
            AcceptedKind => ReadAccepted(ref reader),
            RefusedKind => new Handshake.Refused((RefusalCode)reader.Byte(), reader.Text()),
            _ => null,
        };
        if (handshake is null || !reader.IsSound || reader.HasMore) handshake = null;
        reason = handshake is null ? "damaged handshake" : null;
        return handshake is not null;
    }

    private static Handshake.Hello? ReadHello(ref Reader reader)
    {
        if (reader.Number() != FrameHeader.FormatVersion) return null;
        var purpose = (HelloPurpose)reader.Byte();
        if (purpose > HelloPurpose.Probe) return null;
        return new Handshake.Hello(purpose, reader.Name(), reader.Identity(), new NodeId(reader.Name()));
    }

    private static Handshake.Accepted? ReadAccepted(ref Reader reader)
    {
        if (reader.Number() != FrameHeader.FormatVersion) return null;
        return new Handshake.Accepted(reader.Name(), reader.Identity());
    }

    private ref struct Writer(Span<byte> output)
    {
        private readonly Span<byte> _output = output;

        public int Length { get; private set; }

        public void Byte(byte value) => _output[Length++] = value;

        public void Number(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_output[Length..], value);
            Length += sizeof(ushort);
        }

        public void Wide(UInt128 value)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(_output[Length..], value);
            Length += 16;
        }

        public void Name(string value)
        {
            var bytes = Encoding.UTF8.GetBytes(value, _output[(Length + 1)..]);
            Invariant.Holds(bytes <= byte.MaxValue, $"Handshake: the name '{value}' is longer than 255 bytes");
            Byte((byte)bytes);
            Length += bytes;
        }

        public void Text(string value)
        {
            var bytes = Encoding.UTF8.GetBytes(value, _output[(Length + sizeof(ushort))..]);
            Number((ushort)bytes);
            Length += bytes;
        }

        public void Identity(PeerIdentity identity)
        {
            Wide(identity.Cluster?.Value ?? 0);
            Name(identity.Member.Node.Value);
            FrameHeader.WriteIncarnation(_output[Length..], identity.Member.Incarnation);
            Length += 16;
            Wide(identity.Disk.Value);
        }
    }

    /// <summary>Reads fields; past the end, or at a wrong one, it is no longer sound and gives defaults.</summary>
    private ref struct Reader(ReadOnlySpan<byte> input)
    {
        private ReadOnlySpan<byte> _rest = input;

        public bool IsSound { get; private set; } = true;

        public readonly bool HasMore => !_rest.IsEmpty;

        public byte Byte() => Take(1) is [var value] ? value : (byte)0;

        public ushort Number()
        {
            var bytes = Take(sizeof(ushort));
            return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        }

        public UInt128 Wide()
        {
            var bytes = Take(16);
            return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        }

        public string Name()
        {
            var name = String(Take(Byte()));

            // Names go into logs: a line break in one would forge a line.
            if (name.Length == 0 || name.Any(char.IsControl)) IsSound = false;
            return name;
        }

        public string Text() => String(Take(Number()));

        public PeerIdentity Identity()
        {
            var cluster = Wide();
            var node = new NodeId(Name());
            if (node.Value.Length > NodeId.MaxLength) IsSound = false;
            var incarnation = Take(16);
            var member = new MemberId(node, incarnation.IsEmpty ? default : FrameHeader.ReadIncarnation(incarnation));
            return new PeerIdentity(member, new DiskId(Wide()), cluster == 0 ? null : new ClusterId(cluster));
        }

        private string String(ReadOnlySpan<byte> bytes)
        {
            if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
            IsSound = false;
            return "";
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (!IsSound || count > _rest.Length)
            {
                IsSound = false;
                return [];
            }

            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
