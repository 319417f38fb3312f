namespace Understudy.Kernel;

/// <summary>When snapshots are taken, and how they are sent to providers that are brought up.</summary>
/// <param name="SnapshotAfterEntries">A snapshot is taken when the log has so many entries after the last one.</param>
/// <param name="PartBytes">
/// How much of a snapshot is sent in one message. With its frame less than 85,000 bytes: larger arrays make the garbage
/// collector visit the whole heap.
/// </param>
/// <param name="BytesPerSecond">How fast a node sends snapshots at most, so that checkpoints have room.</param>
public sealed record TransferBounds(int SnapshotAfterEntries, int PartBytes, long BytesPerSecond)
{
    public static readonly TransferBounds Default = new(20_000, 64 * 1024, 400 << 20);
}
