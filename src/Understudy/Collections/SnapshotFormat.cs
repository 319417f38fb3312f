namespace Understudy;

/// <summary>
/// A snapshot's bytes, little-endian. A header: "USST", the layout's number, three zeros, the application's format
/// (4 bytes). Blocks: length (4 bytes, not 0), a collection's name and kind, and whole items of it. The end: 4 zeros,
/// the length of all before them (8 bytes), and the XxHash128 of everything before it (16 bytes). Collections come in
/// the order of their names, and those without contents not at all: equal contents have equal bytes.
/// </summary>
internal static class SnapshotFormat
{
    public const byte Layout = 1;

    public const int HeaderBytes = 12;

    /// <summary>The zeros, the length and the hash.</summary>
    public const int EndBytes = 4 + 8 + 16;

    /// <summary>When a block has so many bytes the next item begins another.</summary>
    public const int FullBlockBytes = 64 * 1024;

    /// <summary>
    /// No block has more: an item is at most a transaction, and may be a little longer when written anew.
    /// </summary>
    public const int MaxBlockBytes = 2 * ReplicatedStateOptions.MostTransactionBytes;

    public static ReadOnlySpan<byte> Magic => "USST"u8;
}
