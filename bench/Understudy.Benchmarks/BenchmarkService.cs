namespace Understudy.Benchmarks;

/// <summary>What the services of the benchmarks share: their callers find the primary's context here.</summary>
internal abstract class BenchmarkService
{
    private volatile IPrimaryContext? _primary;

    /// <summary>What the primary works with; null anywhere else.</summary>
    public IPrimaryContext? Primary => _primary;

    public ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
    {
        _primary = context;
        return default;
    }

    public ValueTask BecomeSecondaryAsync(CancellationToken cancellationToken)
    {
        _primary = null;
        return default;
    }
}
