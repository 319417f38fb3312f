using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Understudy.Membership.Protocol;
using Understudy.Replication.Protocol;
using Understudy.Selection.Protocol;
using Understudy.Transport;

namespace Understudy;

/// <summary>Turns every layer's messages into bytes and back, each by its own layer's codec.</summary>
public sealed class NodeCodec : IMessageCodec
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The message is of no layer, or never goes on the wire.</exception>
    public Layer Encode(Message message, IBufferWriter<byte> output)
    {
        switch (message)
        {
            case MembershipMessage membership:
                MembershipCodec.Encode(membership, output);
                return Layer.Membership;
            case SelectionMessage selection:
                SelectionCodec.Encode(selection, output);
                return Layer.Selection;
            case ReplicationMessage bulk when CheckpointCodec.Carries(bulk):
                CheckpointCodec.Encode(bulk, output);
                return Layer.Checkpoint;
            case ReplicationMessage replication:
                ReplicationCodec.Encode(replication, output);
                return Layer.Replication;
            default:
                throw new ArgumentException($"{message.GetType().Name} is of no layer.", nameof(message));
        }
    }

    /// <inheritdoc/>
    public bool TryDecode(
        Layer layer,
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out Message? message,
        [NotNullWhen(false)] out string? reason)
    {
        switch (layer)
        {
            case Layer.Membership:
                var isMembership = MembershipCodec.TryDecode(body.Span, out var membership, out reason);
                message = membership;
                return isMembership;
            case Layer.Selection:
                var isSelection = SelectionCodec.TryDecode(body.Span, out var selection, out reason);
                message = selection;
                return isSelection;
            case Layer.Replication:
                var isReplication = ReplicationCodec.TryDecode(body.Span, out var replication, out reason);
                message = replication;
                return isReplication;
            case Layer.Checkpoint:
                var isBulk = CheckpointCodec.TryDecode(body, out var bulk, out reason);
                message = bulk;
                return isBulk;
            default:
                message = null;
                reason = $"a frame of the unexpected layer {(byte)layer}";
                return false;
        }
    }
}
