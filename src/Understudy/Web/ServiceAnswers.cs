using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>The answers of one service that are under way on this node; <see cref="OpenAnswers"/> decides.</summary>
internal sealed class ServiceAnswers : IDisposable
{
    private readonly ServiceName _service;
    private readonly TimeProvider _clock;
    private readonly Action<Exception> _fail;
    private readonly long _zero;
    private readonly OpenAnswers _core;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, OpenAnswer> _answers = [];
    private readonly List<long> _due = [];
    private readonly ITimer _timer;
    private AnswersKnown? _learned;
    private TimeSpan? _tickAt;
    private long _last;

    /// <param name="service">The service.</param>
    /// <param name="bounds">How long it may drain, and how long one that has not begun is waited for.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="fail">Ends the process: an invariant is broken.</param>
    public ServiceAnswers(ServiceName service, HttpBounds bounds, TimeProvider clock, Action<Exception> fail)
    {
        (_service, _clock, _fail) = (service, clock, fail);
        _zero = clock.GetTimestamp();
        _core = new OpenAnswers(bounds);
        _timer = clock.CreateTimer(
            _ => Step(AnswerInput.Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate) return _answers.Count == 0;
        }
    }

    /// <summary>A primary is asked.</summary>
    /// <param name="node">The node that it is on.</param>
    /// <param name="version">The configuration by which it is primary.</param>
    /// <param name="mayBeLeft">Whether the next primary can be asked instead, until the answer begins.</param>
    /// <param name="known">What the node has published.</param>
    public OpenAnswer Enter(NodeId node, ConfigurationVersion version, bool mayBeLeft, AnswersKnown known)
    {
        lock (_gate)
        {
            Learn(known);
            var answer = new OpenAnswer(++_last, this);
            _answers.Add(answer.Number, answer);
            Step(new AnswerInput.Asked(answer.Number, node, version, mayBeLeft));
            return answer;
        }
    }

    /// <summary>An answer begins.</summary>
    public void Begin(OpenAnswer answer) => Step(new AnswerInput.Begun(answer.Number));

    /// <summary>An answer is over.</summary>
    public void Leave(OpenAnswer answer)
    {
        lock (_gate)
        {
            _answers.Remove(answer.Number);
            Step(new AnswerInput.Ended(answer.Number));
        }
    }

    /// <summary>The node has published something.</summary>
    public void Learn(AnswersKnown known)
    {
        lock (_gate)
        {
            // Whoever was overtaken by another thread has an older one.
            if (known.Number <= _learned?.Number) return;
            _learned = known;
            Step(new AnswerInput.Learned(known.RouteOf(_service, _clock, _zero)));
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Step(AnswerInput input)
    {
        try
        {
            List<OpenAnswer>? cut = null;
            lock (_gate)
            {
                if (input is AnswerInput.Tick) _tickAt = null; // It may have come a little early, and is wanted again.
                _due.Clear();
                _core.Step(_clock.GetElapsedTime(_zero), input, _due);
                foreach (var number in _due) (cut ??= []).Add(_answers[number]);
                cut?.ForEach(answer => answer.Mark());
                Arm();
            }

            // What hears of it runs at once, and may take a while.
            if (cut is not null) ThreadPool.UnsafeQueueUserWorkItem(Cancel, cut, preferLocal: false);
        }
#pragma warning disable CA1031 // Whatever it is, this node can no longer keep its promises: the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fail(e);
        }
    }

    private static void Cancel(List<OpenAnswer> cut)
    {
        foreach (var answer in cut) answer.Cancel();
    }

    /// <summary>A tick that comes too early does no harm, so the timer is set only when one is wanted sooner.</summary>
    private void Arm()
    {
        if (_core.NextAt is not { } next || next >= _tickAt) return;
        _tickAt = next;
        var rest = next - _clock.GetElapsedTime(_zero);
        _timer.Change(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
