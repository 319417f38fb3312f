using CsCheck;
using Understudy.Kernel;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests.Protocol;

public class HandshakeTests
{
    private static readonly Gen<string> s_names = Gen.Char['a', 'ž'].Array[1, 64]
        .Select(characters => new string([.. characters.Where(character => !char.IsControl(character)), 'x']))
        .Where(name => name.Length <= NodeId.MaxLength);

    private static readonly Gen<PeerIdentity> s_identities =
        from node in s_names
        from numbers in Gen.ULong.Array[4]
        select new PeerIdentity(
            new MemberId(new NodeId(node), new Incarnation(numbers[0], numbers[1])),
            new DiskId(numbers[2]),
            numbers[3] % 2 == 0 ? null : new ClusterId(numbers[3]));

    private static readonly Gen<Handshake> s_handshakes = Gen.OneOf(
        from purpose in Gen.Byte[0, 1]
        from cluster in s_names
        from identity in s_identities
        from to in s_names
        select (Handshake)new Handshake.Hello((HelloPurpose)purpose, cluster, identity, new NodeId(to)),
        from cluster in s_names
        from identity in s_identities
        select (Handshake)new Handshake.Accepted(cluster, identity),
        from code in Gen.Byte[1, 7]
        from text in s_names
        select (Handshake)new Handshake.Refused((RefusalCode)code, text));

    /// <summary>The longest handshake as text, a few times over.</summary>
    private const int MostAllocated = 8 * HandshakeCodec.MaxBytes;

    [Fact]
    public void A_Hello_has_these_bytes() =>
        Hex(new Handshake.Hello(
            HelloPurpose.Probe, "web", Samples.Identity("n1", 3, Samples.Cluster), new NodeId("n2"))).ShouldBe(
            "01" + "0100" + "01" // kind, version, purpose
            + "03776562" // cluster name
            + "00FFEEDDCCBBAA998877665544332211" // cluster
            + "026E31" // node
            + "0300000000000000" + "A300000000000000" // incarnation
            + "9F000000000000000000000000000000" // disk
            + "026E32"); // destination

    [Fact]
    public void An_acceptance_has_these_bytes() =>
        Hex(new Handshake.Accepted("web", Samples.Identity("n1", 3))).ShouldBe(
            "02" + "0100" // kind, version
            + "03776562" // cluster name
            + "00000000000000000000000000000000" // no cluster yet
            + "026E31" // node
            + "0300000000000000" + "A300000000000000" // incarnation
            + "9F000000000000000000000000000000"); // disk

    [Fact]
    public void A_refusal_has_these_bytes() =>
        Hex(new Handshake.Refused(RefusalCode.DuplicateNodeId, "no")).ShouldBe("03" + "05" + "0200" + "6E6F");

    [Fact]
    public void A_handshake_is_read_as_it_was_written() => s_handshakes.Sample(handshake =>
    {
        HandshakeCodec.TryRead(Bytes(handshake), out var read, out var reason).ShouldBeTrue(reason);
        read.ShouldBe(handshake);
    });

    [Fact]
    public void A_cut_or_lengthened_handshake_is_refused() => s_handshakes.Sample(handshake =>
    {
        var bytes = Bytes(handshake);
        for (var length = 0; length < bytes.Length; length++)
        {
            HandshakeCodec.TryRead(bytes.AsSpan(0, length), out _, out var reason).ShouldBeFalse();
            reason.ShouldBe("damaged handshake");
        }

        HandshakeCodec.TryRead([.. bytes, 0], out _, out _).ShouldBeFalse();
    });

    [Fact]
    public void Random_and_mutated_bytes_never_throw_and_never_allocate_more_than_a_few_names() =>
        Gen.Select(s_handshakes, Gen.Byte.Array[0, 300], Gen.Int[0, 300]).Sample((handshake, noise, at) =>
        {
            Allocated(noise).ShouldBeLessThan(MostAllocated);
            var bytes = Bytes(handshake);
            if (noise.Length > 0) bytes[at % bytes.Length] = noise[0];
            Allocated(bytes).ShouldBeLessThan(MostAllocated);
            HandshakeCodec.TryRead(bytes, out var read, out var reason).ShouldBe(read is not null);
            (reason is null).ShouldBe(read is not null);
        });

    [Fact]
    public void A_name_with_a_line_break_is_refused()
    {
        var forged = new Handshake.Accepted("web\n[error] all is lost", Samples.Identity("n1"));
        HandshakeCodec.TryRead(Bytes(forged), out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_long_text_is_cut_to_what_a_handshake_may_hold()
    {
        var bytes = Bytes(new Handshake.Refused(RefusalCode.Damaged, new string('€', 5000)));
        bytes.Length.ShouldBeLessThanOrEqualTo(HandshakeCodec.MaxBytes);
        HandshakeCodec.TryRead(bytes, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public void A_text_that_claims_more_than_there_is_costs_nothing()
    {
        var bytes = Bytes(new Handshake.Refused(RefusalCode.Damaged, "no"));
        bytes.AsSpan(2, 2).Fill(0xFF);
        Allocated(bytes).ShouldBeLessThan(4096);
        HandshakeCodec.TryRead(bytes, out _, out _).ShouldBeFalse();
    }

    private static long Allocated(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        HandshakeCodec.TryRead(bytes, out _, out _);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Hex(Handshake handshake) => Convert.ToHexString(Bytes(handshake));

    private static byte[] Bytes(Handshake handshake)
    {
        var bytes = new byte[HandshakeCodec.MaxBytes];
        return bytes[..HandshakeCodec.Write(bytes, handshake)];
    }
}
