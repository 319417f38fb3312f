using System.Buffers;
using CsCheck;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests.Protocol;

public class FrameTests
{
    private const int Limit = 4096;

    private static readonly FrameHeader s_header = new(
        Layer.Checkpoint, Samples.Cluster, new Incarnation(7, 0x0102030405060708), new Incarnation(9, 0xFF));

    private static readonly Gen<FrameHeader> s_headers =
        from layer in Gen.Byte[0, 4]
        from cluster in Gen.ULong
        from source in Gen.Select(Gen.ULong, Gen.ULong)
        from destination in Gen.Select(Gen.ULong, Gen.ULong)
        select new FrameHeader(
            (Layer)layer,
            cluster == 0 ? null : new ClusterId(cluster),
            new Incarnation(source.Item1, source.Item2),
            new Incarnation(destination.Item1, destination.Item2));

    [Fact]
    public void A_frame_has_these_bytes()
    {
        Convert.ToHexString(Bytes(s_header, "hi"u8)).ShouldBe(
            "55534652" // magic
            + "02000000" + "0100" + "04" + "00" // length, version, layer
            + "26F4CA71" // checksum
            + "00FFEEDDCCBBAA998877665544332211" // cluster
            + "0700000000000000" + "0807060504030201" // source
            + "0900000000000000" + "FF00000000000000" // destination
            + "6869");
    }

    [Fact]
    public void A_frame_is_read_as_it_was_written_however_it_is_cut() =>
        Gen.Select(s_headers, Gen.Byte.Array[0, 300], Gen.Int[1, 100]).Sample((header, body, cut) =>
        {
            var bytes = Bytes(header, body).Concat(Bytes(header, [])).ToArray();
            var frames = ReadAll(bytes, cut, out var refusal);

            refusal.ShouldBeNull();
            frames.Count.ShouldBe(2);
            frames[0].Header.ShouldBe(header);
            frames[0].Body.ToArray().ShouldBe(body);
            frames[1].Body.Length.ShouldBe(0);
        });

    [Fact]
    public void Any_changed_bit_is_found() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, int.MaxValue]).Sample((body, at) =>
        {
            var bytes = Bytes(s_header, body);
            var bit = at % (bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));

            // A length that grew within the limit is found when the rest has come, or the connection ends.
            var padded = bytes.Concat(new byte[Limit]).ToArray();
            ReadAll(padded, padded.Length, out var refusal).ShouldBeEmpty();
            refusal.ShouldNotBeNull();
        });

    [Fact]
    public void Any_changed_bit_of_a_long_frame_is_found() =>
        Gen.Select(Gen.Byte.Array[Limit - 500, Limit], Gen.Int[0, int.MaxValue]).Sample(
            (body, at) =>
            {
                var bytes = Bytes(s_header, body);
                var bit = at % (bytes.Length * 8);
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                var padded = bytes.Concat(new byte[Limit]).ToArray();
                ReadAll(padded, padded.Length, out var refusal).ShouldBeEmpty();
                refusal.ShouldNotBeNull();
            },
            iter: 2_000);

    [Fact]
    public void Every_changed_bit_of_a_header_is_found()
    {
        for (var bit = 0; bit < FrameHeader.Length * 8; bit++)
        {
            var bytes = Bytes(s_header, new byte[Limit]);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var padded = bytes.Concat(new byte[Limit]).ToArray();
            ReadAll(padded, padded.Length, out var refusal).ShouldBeEmpty($"bit {bit}");
            refusal.ShouldNotBeNull();
        }
    }

    [Fact]
    public void Random_and_mutated_bytes_never_throw_and_never_allocate_more_than_the_limit() =>
        Gen.Select(Gen.Byte.Array[0, 500], Gen.Int[0, 80], Gen.Bool).Sample((noise, at, isMutated) =>
        {
            var bytes = isMutated ? Mutate(Bytes(s_header, new byte[200]), noise, at) : noise;
            var reader = new FrameReader(Limit);
            var input = new ReadOnlySequence<byte>(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var progress = reader.Read(ref input, out _, out var refusal);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Limit + 64 * 1024);
            (refusal is not null).ShouldBe(progress == FrameProgress.Refused);
        });

    [Theory]
    [InlineData(0, 0x00, "not a frame: wrong magic")]
    [InlineData(8, 0x02, "unknown format version 2: this build speaks 1")]
    [InlineData(10, 0x09, "damaged frame: unknown layer")]
    [InlineData(11, 0x01, "damaged frame: a reserved byte is not zero")]
    [InlineData(12, 0x00, "damaged frame: its checksum is wrong")]
    [InlineData(64, 0x00, "damaged frame: its checksum is wrong")]
    public void A_wrong_byte_is_refused_with_its_reason(int at, byte value, string reason)
    {
        var bytes = Bytes(s_header, "hi"u8);
        bytes[at] = value;
        ReadAll(bytes, bytes.Length, out var refusal).ShouldBeEmpty();
        refusal.ShouldBe(reason);
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_too_long_frame_is_refused_by_its_header_alone(int length)
    {
        var bytes = Bytes(s_header, []);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), length).ShouldBeTrue();
        Refuse(bytes, out _); // What is allocated but once, by whoever is first, does not count.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(bytes, out var refusal);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4096);
        refusal.ShouldBe($"too long frame: {(uint)length} bytes, the limit is {Limit}");
    }

    [Fact]
    public void The_writer_and_the_header_make_the_same_bytes()
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(output, s_header, "hi"u8);
        output.WrittenSpan.ToArray().ShouldBe(Bytes(s_header, "hi"u8));
    }

    private static void Refuse(byte[] bytes, out string? refusal)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        new FrameReader(Limit).Read(ref input, out _, out refusal).ShouldBe(FrameProgress.Refused);
    }

    private static byte[] Bytes(FrameHeader header, ReadOnlySpan<byte> body) => RawPeer.FrameOf(header, body);

    private static byte[] Mutate(byte[] bytes, byte[] noise, int at)
    {
        for (var i = 0; i < noise.Length % 8; i++) bytes[(at + i) % bytes.Length] = noise[i];
        return bytes;
    }

    private static List<Frame> ReadAll(byte[] bytes, int cut, out string? refusal)
    {
        var reader = new FrameReader(Limit);
        List<Frame> frames = [];
        refusal = null;
        for (var start = 0; start < bytes.Length; start += cut)
        {
            var input = new ReadOnlySequence<byte>(bytes, start, Math.Min(cut, bytes.Length - start));
            FrameProgress progress;
            while ((progress = reader.Read(ref input, out var frame, out refusal)) == FrameProgress.Complete)
            {
                frames.Add(frame);
            }

            if (progress == FrameProgress.Refused) return frames;
        }

        return frames;
    }
}
