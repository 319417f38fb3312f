using CsCheck;
using Understudy.Kv;

namespace Understudy.Tests.Kv;

public class KvCodecTests
{
    /// <summary>A request, its key, and a reason; a value is a slice of what was given.</summary>
    private const int MostAllocated = 16 * 1024;

    [Theory]
    [InlineData("put", "0101006B01070000000000000002000000AABB")]
    [InlineData("get", "0201006B")]
    [InlineData("delete", "0301006B020000000000000000")]
    [InlineData("increment", "0401006B")]
    public void A_request_has_these_bytes_for_ever(string name, string golden)
    {
        KvRequest request = name switch
        {
            "put" => new KvRequest.Put("k", new byte[] { 0xAA, 0xBB }, KvCondition.IfMatch(7)),
            "get" => new KvRequest.Get("k"),
            "delete" => new KvRequest.Delete("k", KvCondition.IfAbsent),
            _ => new KvRequest.Increment("k"),
        };
        Convert.ToHexString(KvCodec.Encode(request)).ShouldBe(golden);
    }

    [Fact]
    public void An_answer_has_these_bytes_for_ever() =>
        Convert.ToHexString(KvCodec.Encode(new KvAnswer(KvStatus.PreconditionFailed, 9, new byte[] { 1 })))
            .ShouldBe("0209000000000000000100000001");

    [Fact]
    public void Every_request_survives_the_wire() => KvGen.Request.Sample(request =>
    {
        var bytes = KvCodec.Encode(request);
        KvCodec.TryDecode(bytes, out KvRequest? read, out var reason).ShouldBeTrue(reason);
        read.GetType().ShouldBe(request.GetType());
        read.Key.ShouldBe(request.Key);
        KvCodec.Encode(read).ShouldBe(bytes);
    });

    [Fact]
    public void Every_answer_survives_the_wire() => KvGen.Answer.Sample(answer =>
    {
        var bytes = KvCodec.Encode(answer);
        KvCodec.TryDecode(bytes, out KvAnswer? read, out var reason).ShouldBeTrue(reason);
        (read.Status, read.Version).ShouldBe((answer.Status, answer.Version));
        read.Value.ToArray().ShouldBe(answer.Value.ToArray());
    });

    [Fact]
    public void Random_bytes_are_refused_with_a_reason_or_read() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        Allocated(bytes).ShouldBeLessThan(MostAllocated);
        if (!KvCodec.TryDecode(bytes, out KvRequest? _, out var reason)) reason.ShouldNotBeNullOrEmpty();
        if (!KvCodec.TryDecode(bytes, out KvAnswer? _, out reason)) reason.ShouldNotBeNullOrEmpty();
    }, iter: 20_000);

    [Fact]
    public void A_cut_or_lengthened_request_is_refused() =>
        Gen.Select(KvGen.Request, Gen.Int[0, 100]).Sample((request, cut) =>
        {
            var bytes = KvCodec.Encode(request);
            KvCodec.TryDecode(bytes.AsMemory(0, cut % bytes.Length), out KvRequest? _, out _).ShouldBeFalse();
            KvCodec.TryDecode(bytes.Append((byte)0).ToArray(), out KvRequest? _, out _).ShouldBeFalse();
        });

    [Fact]
    public void A_damaged_request_never_throws() =>
        Gen.Select(KvGen.Request, Gen.Int[0, 100], Gen.Byte).Sample((request, at, value) =>
        {
            var bytes = KvCodec.Encode(request);
            bytes[at % bytes.Length] = value;
            Allocated(bytes).ShouldBeLessThan(MostAllocated + 8 * bytes.Length);
        });

    [Fact]
    public void A_length_that_is_only_claimed_costs_nothing()
    {
        // A put whose value, and an answer whose value, claim 4 GB.
        Allocated(Convert.FromHexString("0101006B010700000000000000FFFFFFFFAABB")).ShouldBeLessThan(MostAllocated);
        Allocated(Convert.FromHexString("020900000000000000FFFFFFFF00")).ShouldBeLessThan(MostAllocated);
        Allocated(Convert.FromHexString("02FFFF6B")).ShouldBeLessThan(MostAllocated);
    }

    [Fact]
    public void The_largest_value_is_read_without_a_copy()
    {
        var bytes = KvCodec.Encode(new KvRequest.Put("k", new byte[1 << 20], KvCondition.None));
        Allocated(bytes).ShouldBeLessThan(MostAllocated);
    }

    /// <summary>What reading the bytes both ways allocates.</summary>
    private static long Allocated(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        KvCodec.TryDecode(bytes, out KvRequest? _, out _);
        KvCodec.TryDecode(bytes, out KvAnswer? _, out _);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void A_key_that_is_not_utf8_is_refused()
    {
        KvCodec.TryDecode(Convert.FromHexString("020200C328"), out KvRequest? _, out var reason).ShouldBeFalse();
        reason.ShouldBe("key is not UTF-8");
    }
}
