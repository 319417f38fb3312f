namespace Understudy.Verification;

/// <summary>
/// Looks for an order of one key's operations that respects real time and the model: the search of Wing and Gong (1993)
/// with Lowe's memo of places already tried (2017). Its buffers are used again for the next key.
/// </summary>
internal sealed class KeySearch
{
    private const int Head = 0;

    private readonly SearchMemo _memo = new();
    private readonly Stack<(int Call, KvRegister Before)> _order = [];
    private Event[] _events = [];

    // A linked list of calls and returns in order of time, from Head back to Head. What is in the order is not in it.
    private int[] _next = [];
    private int[] _previous = [];
    private int[] _returnOf = [];
    private ulong[] _isOrdered = [];

    // Of an operation of unknown outcome: the one just before that would do the same, or -1. They are tried in this
    // order only: many that nobody saw the end of would else double the places to try, each.
    private int[] _twinOf = [];

    /// <summary>The operation that could not be placed when the search had come furthest.</summary>
    public int Blocked { get; private set; }

    /// <param name="history">All operations.</param>
    /// <param name="mine">Which of them are this key's.</param>
    /// <param name="steps">How many steps may still be made; counted down.</param>
    public Verdict Run(IReadOnlyList<KvOperation> history, IReadOnlyList<int> mine, ref long steps)
    {
        var waiting = Lay(history, mine);
        var furthest = -1;
        var register = default(KvRegister);
        var at = _next[Head];
        while (waiting > 0)
        {
            if (--steps < 0) return Verdict.Undecided;

            var (_, kind, index) = _events[at];
            if (kind == EventKind.Call)
            {
                var operation = history[mine[index]];
                if (!TryOrder(at, index, operation, ref register))
                {
                    at = _next[at];
                    continue;
                }

                if (!operation.IsUnknown) waiting--;
                at = _next[Head];
                continue;
            }

            // A return whose call found no place before it: the last choice was wrong.
            if (_order.Count > furthest) (furthest, Blocked) = (_order.Count, mine[index]);
            if (_order.Count == 0) return Verdict.NotLinearizable;

            at = Undo(history, mine, ref register, ref waiting);
        }

        return Verdict.Linearizable;
    }

    private bool TryOrder(int call, int index, in KvOperation operation, ref KvRegister register)
    {
        if (_twinOf[index] is >= 0 and var twin && !IsOrdered(twin)) return false;
        if (!register.Allows(operation, out var next)) return false;

        _isOrdered[index >> 6] |= 1UL << index;
        if (!_memo.Add(_isOrdered, next))
        {
            _isOrdered[index >> 6] &= ~(1UL << index);
            return false;
        }

        _order.Push((call, register));
        register = next;
        Unlink(call);
        if (_returnOf[call] != Head) Unlink(_returnOf[call]);
        return true;
    }

    private bool IsOrdered(int index) => (_isOrdered[index >> 6] & (1UL << index)) != 0;

    /// <summary>Takes the last operation out of the order; the search goes on behind its call.</summary>
    private int Undo(
        IReadOnlyList<KvOperation> history, IReadOnlyList<int> mine, ref KvRegister register, ref int waiting)
    {
        (var call, register) = _order.Pop();
        var index = _events[call].Index;
        _isOrdered[index >> 6] &= ~(1UL << index);
        if (!history[mine[index]].IsUnknown) waiting++;
        if (_returnOf[call] != Head) Relink(_returnOf[call]);
        Relink(call);
        return _next[call];
    }

    /// <summary>Lays out the calls and returns; gives the number of operations that must find a place.</summary>
    private int Lay(IReadOnlyList<KvOperation> history, IReadOnlyList<int> mine)
    {
        var words = (mine.Count + 63) / 64;
        _isOrdered = new ulong[words];
        _memo.Clear(words);
        _order.Clear();

        var count = 1;
        var waiting = 0;
        if (_events.Length < 2 * mine.Count + 1) Reserve(2 * mine.Count + 1);
        for (var index = 0; index < mine.Count; index++)
        {
            var operation = history[mine[index]];
            // A read that nobody saw the answer of says nothing.
            if (operation is { IsUnknown: true, Kind: KvOperationKind.Get }) continue;

            _events[count++] = new Event(operation.CalledAt, EventKind.Call, index);
            if (operation.IsUnknown) continue;

            if (operation.ReturnedAt < operation.CalledAt)
                throw new ArgumentException(
                    $"An operation returned before it was called: {operation}", nameof(history));

            _events[count++] = new Event(operation.ReturnedAt, EventKind.Return, index);
            waiting++;
        }

        _events.AsSpan(1, count - 1).Sort();
        Link(count, mine.Count);
        FindTwins(history, mine, count);
        return waiting;
    }

    private void FindTwins(IReadOnlyList<KvOperation> history, IReadOnlyList<int> mine, int count)
    {
        _twinOf = new int[mine.Count];
        var last = new Dictionary<(KvOperationKind, long, long), int>();
        for (var i = 1; i < count; i++)
        {
            var (_, kind, index) = _events[i];
            if (kind != EventKind.Call) continue;
            var operation = history[mine[index]];
            var effect = (operation.Kind, operation.Argument, operation.Expected);
            _twinOf[index] = operation.IsUnknown ? last.GetValueOrDefault(effect, -1) : -1;
            if (operation.IsUnknown) last[effect] = index;
        }
    }

    private void Link(int count, int operations)
    {
        Span<int> callOf = operations <= 256 ? stackalloc int[operations] : new int[operations];
        for (var i = 0; i < count; i++)
        {
            _next[i] = i + 1 == count ? Head : i + 1;
            _previous[i] = i == 0 ? count - 1 : i - 1;
            _returnOf[i] = Head;
            if (i == Head) continue;
            if (_events[i].Kind == EventKind.Call) callOf[_events[i].Index] = i;
            else _returnOf[callOf[_events[i].Index]] = i;
        }
    }

    private void Reserve(int count)
    {
        _events = new Event[count];
        _next = new int[count];
        _previous = new int[count];
        _returnOf = new int[count];
    }

    private void Unlink(int at)
    {
        _next[_previous[at]] = _next[at];
        _previous[_next[at]] = _previous[at];
    }

    private void Relink(int at)
    {
        _next[_previous[at]] = at;
        _previous[_next[at]] = at;
    }

    // Calls before returns of the same time: at equal times the two operations may have overlapped.
    private enum EventKind
    {
        Call,
        Return,
    }

    private readonly record struct Event(long Time, EventKind Kind, int Index) : IComparable<Event>
    {
        public int CompareTo(Event other)
        {
            var byTime = Time.CompareTo(other.Time);
            if (byTime != 0) return byTime;
            var byKind = Kind.CompareTo(other.Kind);
            return byKind != 0 ? byKind : Index.CompareTo(other.Index);
        }
    }
}
