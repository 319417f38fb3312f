using System.Buffers;
using System.Buffers.Binary;

namespace Understudy.Tests.Collections;

public sealed class DeclarationTests
{
    private readonly ReplicatedState _state = new();

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("größe")]
    [InlineData("x2345678901234567890123456789012345678901234567890123456789012345")]
    public void A_name_that_is_not_allowed_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => _state.Counter(name)).Message.ShouldStartWith(
            $"A collection cannot be called '{name}': use 1 to 64 of");

    [Fact]
    public void A_name_is_given_once()
    {
        _state.Counter("orders");
        Should.Throw<ArgumentException>(() => _state.Queue<int>("orders")).Message.ShouldBe(
            "A collection called 'orders' is declared already. Keep the object that it gave you.");
    }

    [Fact]
    public void A_collection_is_declared_before_the_state_is_in_use()
    {
        _state.BecomePrimary("shop", new MemorySink());
        Should.Throw<InvalidOperationException>(() => _state.Counter("late")).Message.ShouldStartWith(
            "'late' is declared too late");
    }

    [Fact]
    public void A_type_without_metadata_is_named() =>
        Should.Throw<InvalidOperationException>(() => _state.Queue<Order>("orders")).Message.ShouldContain(
            "Add [JsonSerializable(typeof(Order))]");

    [Fact]
    public void Keys_must_compare_by_value()
    {
        Should.Throw<ArgumentException>(() => _state.Dictionary<int[], int>("arrays")).Message.ShouldContain(
            "it does not compare by value");
        Should.Throw<ArgumentException>(() => _state.Dictionary<object, int>("objects"));
        _state.Dictionary<(int, string), int>("pairs", new PairSerializer());
        _state.Dictionary<DayOfWeek, int>("days", new DaySerializer());
    }

    [Fact]
    public async Task The_serializer_can_be_replaced()
    {
        var state = new ReplicatedState(new ReplicatedStateOptions { Serializers = new DaySerializers() });
        var today = state.Value("today", DayOfWeek.Monday);
        var sink = new MemorySink();
        state.BecomePrimary("shop", sink);
        await state.TransactionAsync(tx => today.Set(tx, DayOfWeek.Friday));
        Convert.ToHexStringLower(sink.Checkpoints.Single().Span).ShouldEndWith("010105");
    }

    [Theory]
    [InlineData(0, null, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, null, 0)]
    [InlineData(1, null, int.MaxValue)]
    public void An_option_out_of_its_range_is_refused(int format, int? oldest, int maxBytes) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new ReplicatedState(new ReplicatedStateOptions
        {
            Format = format,
            OldestFormat = oldest,
            MaxTransactionBytes = maxBytes,
        }));

    private sealed class DaySerializers : IReplicatedSerializers
    {
        public IReplicatedSerializer<T> For<T>() => (IReplicatedSerializer<T>)(object)new DaySerializer();
    }

    private sealed class DaySerializer : IReplicatedSerializer<DayOfWeek>
    {
        public void Write(DayOfWeek value, IBufferWriter<byte> output) => output.Write([(byte)value]);

        public DayOfWeek Read(ReadOnlySpan<byte> bytes) => (DayOfWeek)bytes[0];
    }

    private sealed class PairSerializer : IReplicatedSerializer<(int, string)>
    {
        public void Write((int, string) value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value.Item1);
            output.Advance(4);
        }

        public (int, string) Read(ReadOnlySpan<byte> bytes) => (BinaryPrimitives.ReadInt32LittleEndian(bytes), "");
    }
}
