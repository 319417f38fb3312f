namespace Understudy.Benchmarks;

/// <summary>The service of a web application: one number.</summary>
internal sealed class WebCounter : ReplicatedStateService
{
    /// <summary>The service's name, and that of its value's path.</summary>
    public const string Name = "web";

    private readonly ReplicatedCounter _number;

    public WebCounter()
        : base(new ReplicatedState()) => _number = State.Counter("number");

    public ValueTask<long> ReadAsync(CancellationToken stop) => State.ReadAsync(_number.Get, stop);

    public ValueTask<long> IncrementAsync(CancellationToken stop) =>
        State.TransactionAsync(tx => _number.Increment(tx), stop);
}
