using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Understudy;

/// <summary>The collections of one moment, and their bytes.</summary>
internal sealed class FrozenState(int format, IReadOnlyList<FrozenCollection> collections)
{
    /// <summary>The snapshot's bytes, part for part. A part is valid until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Parts()
    {
        var hash = new XxHash128();
        long length = 0;
        foreach (var part in Body())
        {
            hash.Append(part.Span);
            length += part.Length;
            yield return part;
        }

        var end = new byte[SnapshotFormat.EndBytes];
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(4), length);
        hash.Append(end.AsSpan(0, 12));
        hash.GetCurrentHash(end.AsSpan(12));
        yield return end;
    }

    /// <summary>The hash of the snapshot's bytes.</summary>
    public void Write(IBufferWriter<byte> destination)
    {
        foreach (var part in Parts()) destination.Write(part.Span);
    }

    public UInt128 Digest()
    {
        var hash = new XxHash128();
        foreach (var part in Parts()) hash.Append(part.Span);
        return hash.GetCurrentHashAsUInt128();
    }

    private IEnumerable<ReadOnlyMemory<byte>> Body()
    {
        yield return Header();
        var block = new FieldWriter();
        var length = new byte[4];
        foreach (var collection in collections)
        {
            for (var next = 0; next < collection.Count;)
            {
                next = Fill(block, collection, next);
                BinaryPrimitives.WriteInt32LittleEndian(length, block.Length);
                yield return length;
                yield return block.Written;
            }
        }
    }

    private byte[] Header()
    {
        var header = new byte[SnapshotFormat.HeaderBytes];
        SnapshotFormat.Magic.CopyTo(header);
        header[4] = SnapshotFormat.Layout;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), format);
        return header;
    }

    private static int Fill(FieldWriter block, FrozenCollection collection, int next)
    {
        block.Reset();
        block.Field(collection.Collection.NameBytes);
        block.Byte((byte)collection.Collection.Kind);
        while (next < collection.Count && block.Length < SnapshotFormat.FullBlockBytes)
            collection.Write(next++, block);
        return next;
    }
}
