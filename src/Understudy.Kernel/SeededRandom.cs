namespace Understudy.Kernel;

/// <summary>
/// Chance that is given: SplitMix64, the same sequence for the same seed in every process and runtime version.
/// </summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 up to and without <paramref name="bound"/>.</summary>
    public int Below(int bound)
    {
        Invariant.Holds(bound > 0, "SeededRandom: a bound must be positive");
        return (int)((Next() >> 33) % (ulong)bound);
    }

    /// <summary>A number from 0 up to and without 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Unit() < probability;

    /// <summary>An exponentially distributed duration with the given mean.</summary>
    public TimeSpan Exponential(TimeSpan mean) => mean * -Math.Log(1 - Unit());

    public UInt128 NextId() => new(Next(), Next());

    /// <summary>An independent generator, so that one user of chance cannot shift another's sequence.</summary>
    public SeededRandom Fork() => new(Next());
}
