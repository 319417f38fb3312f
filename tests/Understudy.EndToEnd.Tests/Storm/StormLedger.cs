using System.Diagnostics;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Where clients say what they saw. May be told from any thread.</summary>
internal sealed class StormLedger
{
    /// <summary>Nobody waits for clients for longer; a slow machine is slow.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<KvOperation> _shared = [];
    private readonly List<string> _problems = [];
    private readonly SortedDictionary<string, long> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _lastAsked = [];
    private readonly List<StormCut> _others = [];
    private StormFault? _fault;

    /// <summary>The time since the beginning.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>How many operations were answered, by way in.</summary>
    public IReadOnlyDictionary<string, long> Answers
    {
        get
        {
            lock (_gate) return new SortedDictionary<string, long>(_answers, StringComparer.Ordinal);
        }
    }

    /// <summary>The longest operation.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>How many changes without a key were cut with the node that was asked.</summary>
    public int Cuts { get; private set; }

    /// <summary>How many were cut on their way to a program that knows no keys, and answered by a 502.</summary>
    public int Unknown { get; private set; }

    /// <summary>Every error that a client saw and every answer that cannot be.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate) return [.. _problems];
        }
    }

    /// <summary>What was asked of shared counters, and told.</summary>
    public IReadOnlyList<KvOperation> History
    {
        get
        {
            lock (_gate) return [.. _shared];
        }
    }

    /// <summary>Judges what was cut while no fault was being made: then it must have been the machine.</summary>
    public void JudgeOthers(Func<StormCut, bool> isExplained)
    {
        lock (_gate)
        {
            foreach (var cut in _others)
            {
                if (isExplained(cut)) Unknown++;
                else _problems.Add($"no fault, and no view changed: {cut}");
            }

            _others.Clear();
        }
    }

    /// <summary>From now on what ends is counted as ended during this fault; null for none.</summary>
    public void During(StormFault? fault)
    {
        lock (_gate) _fault = fault;
    }

    /// <summary>A client will ask again and again.</summary>
    public void Expect(string client)
    {
        lock (_gate) _lastAsked[client] = TimeSpan.Zero;
    }

    /// <summary>A client was answered what it asked then.</summary>
    public void Answered(string way, string client, TimeSpan begun)
    {
        lock (_gate)
        {
            var took = Now - begun;
            _answers[way] = _answers.GetValueOrDefault(way) + 1;
            if (_lastAsked.ContainsKey(client)) _lastAsked[client] = begun;
            if (took > Longest) Longest = took;
            _fault?.Take(way, took);
        }
    }

    /// <summary>A shared counter was put, incremented or read.</summary>
    public void Shared(string key, KvOperationKind kind, TimeSpan begun, long value)
    {
        var operation = new KvOperation
        {
            Key = key,
            Kind = kind,
            CalledAt = begun.Ticks,
            ReturnedAt = Now.Ticks,
            Outcome = KvOutcome.Done,
            Argument = kind == KvOperationKind.Increment ? 1 : 0,
            Value = kind == KvOperationKind.Put ? 0 : value,
        };
        lock (_gate) _shared.Add(operation);
    }

    /// <summary>A change without a key was cut. It may be only by a fault of the node that was asked.</summary>
    public void Cut(string client, TimeSpan begun, UnknownOutcomeException e)
    {
        lock (_gate)
        {
            if (_lastAsked.ContainsKey(client)) _lastAsked[client] = begun;
            if (_fault?.Strikes(e.Node) is true) Cuts++;
            else Add($"{client}, asked at {begun.TotalSeconds:0.000} s: {e.Message}");
        }
    }

    /// <summary>A change was cut on its way to a program that knows no keys. It may be only by a fault.</summary>
    public void CutByService(string client, TimeSpan begun, UnknownOutcomeException e)
    {
        lock (_gate)
        {
            if (_lastAsked.ContainsKey(client)) _lastAsked[client] = begun;
            var now = DateTime.UtcNow;
            if (_fault is not null) Unknown++;
            else _others.Add(new StormCut(client, now - (Now - begun), now, e.Message));
        }
    }

    /// <summary>A client saw an error; it asks for nothing more.</summary>
    public void Fail(string client, TimeSpan begun, Exception e)
    {
        lock (_gate)
        {
            _lastAsked.Remove(client);
            Add($"{client}, asked at {begun.TotalSeconds:0.000} s: {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>An answer cannot be.</summary>
    public void Wrong(string what)
    {
        lock (_gate) Add(what);
    }

    /// <summary>Waits until every client was answered something that it asked after this.</summary>
    public async Task GoOnAsync()
    {
        var since = Now;
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (Waiting(since) is not []) await pace.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Not answered for long: {string.Join(' ', Waiting(since).Take(20))}");
        }
    }

    private string[] Waiting(TimeSpan since)
    {
        lock (_gate) return [.. _lastAsked.Where(asked => asked.Value < since).Select(asked => asked.Key)];
    }

    private void Add(string problem) =>
        _problems.Add($"{Now.TotalSeconds:0.000} s, {_fault?.ToString() ?? "no fault"}: {problem}");
}
