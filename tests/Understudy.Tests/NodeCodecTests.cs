using System.Buffers;
using CsCheck;
using Understudy.Kernel;
using Understudy.Membership.Protocol;
using Understudy.Replication.Protocol;
using Understudy.Selection.Protocol;
using Understudy.Transport;

namespace Understudy.Tests;

public sealed class NodeCodecTests
{
    private static readonly NodeCodec Codec = new();

    private static readonly ServiceName Service = new("kv");

    private static readonly ConfigurationVersion Version = new(9);

    private static readonly RequestId Id = new(new MemberId(new NodeId("n1"), new Incarnation(1, 2)), 3);

    /// <summary>Messages whose records compare by value, and the layer whose frames carry them.</summary>
    private static readonly (Layer Layer, Message Message)[] Samples =
    [
        (Layer.Membership, new MembershipMessage.PullView(new Epoch(6))),
        (Layer.Membership, new MembershipMessage.Leave()),
        (Layer.Selection, new SelectionMessage.Elected(Version)),
        (Layer.Replication, new ReplicationMessage.MapTaken(Version, 5)),
        (Layer.Replication, new ReplicationMessage.HandOverWanted()),
        (Layer.Checkpoint, new ReplicationMessage.Appended(Service, Version, true, 5, 6)),
        (Layer.Checkpoint, new ReplicationMessage.SnapshotReceived(Service, Version, 5, 6)),
    ];

    [Fact]
    public void Every_layers_messages_travel_in_its_frames()
    {
        foreach (var (layer, message) in Samples)
        {
            var (written, bytes) = Encode(message);

            written.ShouldBe(layer);
            Codec.TryDecode(layer, bytes, out var decoded, out var reason).ShouldBeTrue(reason);
            decoded.ShouldBe(message);
        }
    }

    [Fact]
    public void Bulk_messages_travel_apart_from_control_messages()
    {
        ReplicationMessage[] bulk =
        [
            new ReplicationMessage.Append(Service, Version, 1, Version, [], 1, 1),
            new ReplicationMessage.SnapshotPart(Service, Version, Version, 1, 0, 0, default),
            new ReplicationMessage.Request(Id, 1, Service, Version, false, null, default),
            new ReplicationMessage.Answer(Id, AnswerKind.Done, default, Version),
        ];

        foreach (var message in bulk) Encode(message).Layer.ShouldBe(Layer.Checkpoint);
    }

    [Fact]
    public void A_frame_of_the_wrong_layer_is_refused_or_read_but_does_no_harm()
    {
        foreach (var (layer, message) in Samples)
        {
            foreach (var other in Enum.GetValues<Layer>().Where(each => each != layer))
            {
                var isRead = Codec.TryDecode(other, Encode(message).Bytes, out var decoded, out var reason);
                (decoded is not null).ShouldBe(isRead);
                (reason is null).ShouldBe(isRead);
            }
        }
    }

    [Theory]
    [InlineData(Layer.Transport)]
    [InlineData((Layer)5)]
    [InlineData((Layer)255)]
    public void A_layer_that_is_not_a_nodes_is_refused(Layer layer)
    {
        Codec.TryDecode(layer, new byte[] { 1 }, out _, out var reason).ShouldBeFalse();
        reason.ShouldBe($"a frame of the unexpected layer {(byte)layer}");
    }

    [Fact]
    public void Random_bytes_do_no_harm() =>
        Gen.Select(Gen.Byte[0, 6], Gen.Byte.Array[0, 200]).Sample((layer, bytes) =>
        {
            var isRead = Codec.TryDecode((Layer)layer, bytes, out var message, out var reason);
            (message is not null).ShouldBe(isRead);
            string.IsNullOrWhiteSpace(reason).ShouldBe(isRead);
        });

    [Fact]
    public void A_message_of_no_layer_is_not_written() => Should.Throw<ArgumentException>(() => Encode(new Stranger()));

    private static (Layer Layer, byte[] Bytes) Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        var layer = Codec.Encode(message, output);
        return (layer, output.WrittenSpan.ToArray());
    }

    private sealed record Stranger : Message;
}
