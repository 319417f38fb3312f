using System.Collections.Concurrent;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>
/// Cuts answers outside turns whose primary is none any more, of all services of the library, on one node.
/// </summary>
/// <param name="boundsOf">What a service's answers are granted.</param>
/// <param name="clock">Measures.</param>
/// <param name="fail">Ends the process: an invariant is broken.</param>
internal sealed class AnswersUnderWay(
    Func<ServiceName, HttpBounds> boundsOf, TimeProvider clock, Action<Exception> fail)
    : IThreadPoolWorkItem, IDisposable
{
    private readonly ConcurrentDictionary<ServiceName, ServiceAnswers> _services = [];
    private volatile AnswersKnown _known = new(0, null, 0);
    private int _isQueued;

    /// <summary>A primary is asked. Say when its answer begins, and dispose of it when it is over.</summary>
    /// <param name="service">The service.</param>
    /// <param name="node">The node of its primary.</param>
    /// <param name="version">The configuration by which it is primary.</param>
    /// <param name="mayBeLeft">Whether the next primary can be asked instead, until the answer begins.</param>
    public OpenAnswer Enter(ServiceName service, NodeId node, ConfigurationVersion version, bool mayBeLeft) =>
        _services.GetOrAdd(service, name => new ServiceAnswers(name, boundsOf(name), clock, fail))
            .Enter(node, version, mayBeLeft, _known);

    /// <summary>The node has learned something. Called by its loop alone; never waits.</summary>
    /// <param name="status">What it published; null if its incarnation has ended.</param>
    /// <param name="startedAt">The timestamp from which its incarnation counts time.</param>
    public void Learn(NodeStatus? status, long startedAt)
    {
        _known = new AnswersKnown(_known.Number + 1, status, startedAt);
        if (_services.IsEmpty || Interlocked.Exchange(ref _isQueued, 1) != 0) return;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Exchange(ref _isQueued, 0);
        var known = _known;
        foreach (var (_, answers) in _services)
        {
            if (!answers.IsEmpty) answers.Learn(known);
        }
    }

    /// <summary>The node is gone: whatever is under way is cut.</summary>
    public void Dispose()
    {
        foreach (var (_, answers) in _services)
        {
            answers.Learn(_known with { Number = long.MaxValue, Status = null });
            answers.Dispose();
        }
    }
}
