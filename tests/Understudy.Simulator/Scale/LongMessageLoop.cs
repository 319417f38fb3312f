using Understudy.Replication.Protocol;
using Understudy.Simulator.Machines;
using Understudy.Transport;

namespace Understudy.Simulator.Scale;

/// <summary>
/// Tries orders and the registry's checkpoints with the real codec, each once: only these can be too long.
/// </summary>
internal sealed class LongMessageLoop(IMessageCodec codec) : MessageLoop(codec)
{
    private const int Remembered = 10_000;

    private readonly HashSet<Message> _tried = new(ReferenceEqualityComparer.Instance);

    public override Message RoundTrip(Message message)
    {
        var isLong = message is ReplicationMessage.MapPushed
            || (message is ReplicationMessage.Append append && append.Service == Registry.Name);
        if (!isLong || !_tried.Add(message)) return message;
        if (_tried.Count > Remembered) _tried.Clear();
        base.RoundTrip(message);
        return message;
    }
}
