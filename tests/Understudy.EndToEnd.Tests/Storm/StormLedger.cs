using System.Diagnostics;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Where clients say what they saw. May be told from any thread.</summary>
internal sealed class StormLedger
{
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<KvOperation> _shared = [];
    private readonly List<string> _problems = [];
    private readonly SortedDictionary<string, long> _answered = new(StringComparer.Ordinal);
    private StormFault? _fault;
    private TimeSpan _longest;

    /// <summary>The time since the beginning.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>How many operations were answered, by way in.</summary>
    public IReadOnlyDictionary<string, long> Answers
    {
        get
        {
            lock (_gate) return new SortedDictionary<string, long>(_answered, StringComparer.Ordinal);
        }
    }

    /// <summary>The longest of them.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_gate) return _longest;
        }
    }

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

    private long Ended
    {
        get
        {
            lock (_gate) return _answered.Values.Sum() + _problems.Count;
        }
    }

    /// <summary>From now on what ends is counted as ended during this fault; null for none.</summary>
    public void During(StormFault? fault)
    {
        lock (_gate) _fault = fault;
    }

    public void Answered(IWayIn way, TimeSpan begun)
    {
        var took = Now - begun;
        lock (_gate)
        {
            _answered[way.Name] = _answered.GetValueOrDefault(way.Name) + 1;
            if (took > _longest) _longest = took;
            _fault?.Take(way.Name, took);
        }
    }

    /// <summary>Waits until so many more operations were answered, or failed for good.</summary>
    public async Task GoOnAsync(int more)
    {
        using var limit = new CancellationTokenSource(StormOptions.Deadline);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var goal = Ended + more;
        while (Ended < goal) await pace.WaitForNextTickAsync(limit.Token);
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

    public void Fail(IWayIn way, string client, TimeSpan begun, Exception e) =>
        Add($"{way.Name} client {client}, asked at {begun.TotalSeconds:0.000} s: {e.GetType().Name}: {e.Message}");

    public void Wrong(string what) => Add(what);

    private void Add(string problem)
    {
        lock (_gate) _problems.Add($"{Now.TotalSeconds:0.000} s, {_fault?.ToString() ?? "no fault"}: {problem}");
    }
}
