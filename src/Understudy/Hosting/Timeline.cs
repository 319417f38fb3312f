using Understudy.Contracts;
using Understudy.Kernel;

namespace Understudy.Hosting;

/// <summary>The last things that happened on a node.</summary>
internal sealed class Timeline(NodeId node)
{
    /// <summary>How many events are kept.</summary>
    public const int Capacity = 512;

    private readonly Lock _gate = new();
    private readonly Queue<TimelineEvent> _events = new(Capacity);

    public void Add(TimelineEvent happened)
    {
        lock (_gate)
        {
            if (_events.Count == Capacity) _events.Dequeue();
            _events.Enqueue(happened);
        }
    }

    public TimelineDocument ToDocument()
    {
        lock (_gate) return new TimelineDocument { Node = node.Value, Events = [.. _events] };
    }
}
