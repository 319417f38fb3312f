namespace Understudy.Simulator.Faults;

/// <summary>How often each kind of fault struck.</summary>
internal sealed class FaultCounters
{
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private readonly long[] _counts = new long[Kinds.Length];

    public long this[FaultKind kind] => _counts[(int)kind];

    public void Count(FaultKind kind) => _counts[(int)kind]++;

    public void Add(FaultCounters other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
    }

    public IReadOnlyDictionary<FaultKind, long> ToDictionary() => Kinds.ToDictionary(k => k, k => _counts[(int)k]);
}
