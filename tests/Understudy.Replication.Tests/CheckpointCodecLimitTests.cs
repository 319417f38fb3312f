using System.Buffers;
using Understudy.Codecs;
using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests;

/// <summary>What the largest frames may cost.</summary>
public sealed class CheckpointCodecLimitTests
{
    /// <summary>A frame's body may have so many bytes.</summary>
    private const int FrameLimit = 4 << 20;

    private static readonly CodecProbe<ReplicationMessage> Probe = new(Encode, CheckpointCodec.TryDecode);

    [Fact]
    public void A_frame_full_of_empty_entries_is_refused_before_anything_is_allocated_for_it()
    {
        var bytes = Encode(Append((FrameLimit - 100) / 20, payload: 0));
        bytes.Length.ShouldBeGreaterThan(FrameLimit - 200);

        AllocatedFor(bytes, out var reason).ShouldBeLessThan(64 * 1024);
        reason.ShouldBe($"an append claims {(FrameLimit - 100) / 20} entries, the limit is 512");
    }

    [Fact]
    public void The_most_entries_that_a_primary_sends_are_read()
    {
        Probe.Withstands(Encode(Append(ReplicaLimits.EntriesPerMessage, payload: 0))).ShouldBeNull();
        Probe.Withstands(Encode(Append(ReplicaLimits.EntriesPerMessage + 1, payload: 0))).ShouldNotBeNull();
    }

    [Fact]
    public void A_frame_with_the_most_entries_costs_no_more_than_the_frame()
    {
        var bytes = Encode(Append(
            ReplicaLimits.EntriesPerMessage, payload: FrameLimit / ReplicaLimits.EntriesPerMessage - 100));

        AllocatedFor(bytes, out var reason).ShouldBeLessThan(64 * 1024);
        reason.ShouldBeNull();
    }

    private static long AllocatedFor(byte[] bytes, out string? reason)
    {
        CheckpointCodec.TryDecode(Encode(Append(1, payload: 1)), out _, out _); // What only the first use costs.
        var before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointCodec.TryDecode(bytes, out _, out reason);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static ReplicationMessage.Append Append(int entries, int payload) => new(
        ReplicationSamples.Service,
        ReplicationSamples.Version,
        0,
        ConfigurationVersion.None,
        [
            .. Enumerable.Range(1, entries)
                .Select(i => new LogEntry(ReplicationSamples.Version, i, new byte[payload])),
        ],
        0,
        0);

    private static byte[] Encode(ReplicationMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        CheckpointCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }
}
