namespace Understudy.Simulator;

/// <summary>What can happen next in a simulated cluster.</summary>
internal enum EventKind : byte
{
    Tick,
    Deliver,
    ChannelOpens,
    ChannelCloses,
    Connect,
    CutNoticed,
    FlushDone,
    Input,
    Start,
    Resume,
    StopOverdue,
    Fault,
    Heal,
    AimedFault,
    CutOffCompletes,
    CutOffHeals,
    ClientWakes,
    RequestArrives,
    AnswerArrives,
    AttemptOverdue,
    CallerGivesUp,
    ClientLeaves,
    StreamDue,
    StreamArrives,
    StreamTells,
    StreamEnds,
    StreamChecked,
    ServiceRuns,
    WorkerActs,
    ForwarderActs,
    AnswersAct,
    OperatorActs,
    FaultsEnd,
    TailCheck,
}

/// <summary>One thing that happens at one time. Its fields mean what its kind says.</summary>
internal readonly record struct SimulationEvent(
    EventKind Kind, int Node = -1, int Other = -1, long Number = 0, object? Payload = null);

/// <summary>
/// What happens next: a binary heap in order of (time, sequence), so that equal times keep their order.
/// </summary>
internal sealed class EventQueue
{
    private Entry[] _heap = new Entry[1024];
    private long _sequence;

    private readonly record struct Entry(long At, long Sequence, SimulationEvent Event)
    {
        public bool IsBefore(in Entry other) => At < other.At || (At == other.At && Sequence < other.Sequence);
    }

    public int Count { get; private set; }

    public void Add(long at, in SimulationEvent happening)
    {
        if (Count == _heap.Length) Array.Resize(ref _heap, Count * 2);
        var entry = new Entry(at, _sequence++, happening);
        var hole = Count++;
        while (hole > 0)
        {
            var parent = (hole - 1) / 2;
            if (!entry.IsBefore(_heap[parent])) break;
            _heap[hole] = _heap[parent];
            hole = parent;
        }

        _heap[hole] = entry;
    }

    public bool TryTake(out long at, out SimulationEvent happening)
    {
        if (Count == 0)
        {
            (at, happening) = (0, default);
            return false;
        }

        at = _heap[0].At;
        happening = _heap[0].Event;
        var last = _heap[--Count];
        _heap[Count] = default;
        if (Count > 0) SiftDown(last);
        return true;
    }

    private void SiftDown(in Entry entry)
    {
        var hole = 0;
        while (true)
        {
            var child = (2 * hole) + 1;
            if (child >= Count) break;
            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child])) child++;
            if (!_heap[child].IsBefore(entry)) break;
            _heap[hole] = _heap[child];
            hole = child;
        }

        _heap[hole] = entry;
    }
}
