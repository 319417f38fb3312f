using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Understudy.Kernel;

namespace Understudy.Codecs;

/// <summary>Generators of the kernel's words, with their extremes; used by the codec tests of every layer.</summary>
internal static class KernelGen
{
    public static readonly Gen<string> Names = Gen.OneOf(
        Gen.OneOf("n1", "n2", "a", new string('x', NodeId.MaxLength)),
        Gen.Char["abcxyz0189-_.éß日"].Array[1, 12].Select(letters => new string(letters)));

    public static readonly Gen<NodeId> Nodes = Names.Select(name => new NodeId(name));

    public static readonly Gen<ServiceName> Services = Names.Select(name => new ServiceName(name));

    public static readonly Gen<ulong> Unsigned = Gen.OneOf(Gen.OneOf(0UL, 1UL, ulong.MaxValue), Gen.ULong);

    public static readonly Gen<long> Signed =
        Gen.OneOf(Gen.OneOf(0L, 1L, -1L, long.MinValue, long.MaxValue), Gen.Long);

    public static readonly Gen<long> Numbers = Gen.OneOf(Gen.OneOf(0L, 1L, long.MaxValue), Gen.Long[0, 100_000]);

    public static readonly Gen<UInt128> Wide = Gen.Select(Unsigned, Unsigned, (high, low) => new UInt128(high, low));

    public static readonly Gen<DiskId> Disks = Wide.Select(value => new DiskId(value));

    public static readonly Gen<ClusterId> Clusters = Wide.Select(value => new ClusterId(value));

    public static readonly Gen<MemberId> MemberIds = Gen.Select(
        Nodes, Unsigned, Unsigned, (node, counter, nonce) => new MemberId(node, new Incarnation(counter, nonce)));

    public static readonly Gen<Epoch> Epochs = Numbers.Select(value => new Epoch(value));

    public static readonly Gen<ConfigurationVersion> Versions =
        Numbers.Select(value => new ConfigurationVersion(value));

    public static readonly Gen<Lineage> Lineages = Signed.Select(value => new Lineage(value));

    public static readonly Gen<ReadOnlyMemory<byte>> Bytes =
        Gen.Byte.Array[0, 40].Select(bytes => new ReadOnlyMemory<byte>(bytes));

    /// <summary>The bytes of a text.</summary>
    public static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A list of at most five.</summary>
    public static Gen<ImmutableArray<T>> List<T>(Gen<T> items) =>
        items.Array[0, 5].Select(each => each.ToImmutableArray());

    /// <summary>The value, or none in one of three cases.</summary>
    public static Gen<T?> Maybe<T>(Gen<T> value)
        where T : struct =>
        Gen.Select(Gen.Int[0, 2], value, (choice, each) => choice == 0 ? (T?)null : each);

    /// <summary>The record, or none in one of three cases.</summary>
    public static Gen<T?> MaybeRecord<T>(Gen<T> value)
        where T : class =>
        Gen.Select(Gen.Int[0, 2], value, (choice, each) => choice == 0 ? null : each);
}
