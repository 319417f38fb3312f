using System.Buffers.Binary;
using System.IO.Hashing;

namespace Understudy.Storage;

/// <summary>
/// Computes what is stored beside each row. It covers the row's name as well as its bytes, so a row that was moved or
/// swapped is found, too. Not thread-safe: one per file.
/// </summary>
internal sealed class RecordChecksum
{
    private readonly XxHash3 _hash = new();

    /// <param name="table">What kind of row it is.</param>
    /// <param name="name">The row's key or service.</param>
    /// <param name="version">The configuration version; 0 where there is none.</param>
    /// <param name="sequence">The checkpoint's number; 0 where there is none.</param>
    /// <param name="bytes">The row's content.</param>
    public long Of(
        StoreTable table, ReadOnlySpan<byte> name, long version, long sequence, ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[22];
        header[0] = StoreFormat.Row;
        header[1] = (byte)table;
        BinaryPrimitives.WriteInt32LittleEndian(header[2..], name.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[6..], version);
        BinaryPrimitives.WriteInt64LittleEndian(header[14..], sequence);

        _hash.Reset();
        _hash.Append(header);
        _hash.Append(name);
        _hash.Append(bytes);
        return unchecked((long)_hash.GetCurrentHashAsUInt64());
    }
}
