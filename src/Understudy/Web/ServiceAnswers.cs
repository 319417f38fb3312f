using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>The answers of one service that are under way on this node; <see cref="OpenAnswers"/> decides.</summary>
internal sealed class ServiceAnswers : IDisposable
{
    private readonly ServiceName _service;
    private readonly Action<Exception> _fail;
    private readonly OpenAnswers _core;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, OpenAnswer> _answers = [];
    private readonly List<long> _due = [];
    private readonly CoreTimer _timer;
    private AnswersKnown? _learned;
    private long _last;

    /// <param name="service">The service.</param>
    /// <param name="bounds">How long it may drain, and how long one that has not begun is waited for.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="fail">Ends the process: an invariant is broken.</param>
    public ServiceAnswers(ServiceName service, HttpBounds bounds, TimeProvider clock, Action<Exception> fail)
    {
        (_service, _fail) = (service, fail);
        _core = new OpenAnswers(bounds);
        _timer = new CoreTimer(clock, () => Step(AnswerInput.Tick.Instance));
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
            Step(new AnswerInput.Learned(BackendRoute.Of(_service, known.Status, _timer.At(known.StartedAt))));
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
                if (input is AnswerInput.Tick) _timer.Ticked();
                _due.Clear();
                _core.Step(_timer.Now, input, _due);
                foreach (var number in _due) (cut ??= []).Add(_answers[number]);
                cut?.ForEach(answer => answer.Mark());
                _timer.Arm(_core.NextAt);
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
}
