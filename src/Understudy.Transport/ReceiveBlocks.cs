using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Understudy.Transport;

/// <summary>
/// What the connections of peers are read into. Kestrel's own blocks have 4 KB, and each takes a call of the system to
/// fill: a snapshot would take a quarter of a million.
/// </summary>
internal sealed class ReceiveBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockBytes = 64 * 1024;

    private readonly ConcurrentBag<Block> _free = [];

    public override int MaxBufferSize => BlockBytes;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _free.TryTake(out var free) ? free : new Block(_free);
    }

    // Connections that still end give back what they have; all of it goes with this object.
    protected override void Dispose(bool disposing)
    {
    }

    /// <summary>A block, free again when it is disposed of.</summary>
    private sealed class Block(ConcurrentBag<Block> free) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose() => free.Add(this);
    }
}
