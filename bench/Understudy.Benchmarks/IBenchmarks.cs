namespace Understudy.Benchmarks;

/// <summary>The measurements behind the command line; each gives an exit code.</summary>
internal interface IBenchmarks
{
    Task<int> CommitAsync(CommitOptions options, CancellationToken stop);

    /// <summary>Runs one node of such a measurement, until the process that started it ends.</summary>
    Task<int> HostAsync(HostOptions options, CancellationToken stop);

    Task<int> FailoverAsync(FailoverOptions options, CancellationToken stop);

    Task<int> SwitchoverAsync(SwitchoverOptions options, CancellationToken stop);

    Task<int> TcpAsync(TcpOptions options, CancellationToken stop);

    Task<int> TransferAsync(TransferOptions options, CancellationToken stop);

    Task<int> FlushFloorAsync(TimeSpan duration, bool json, CancellationToken stop);

    Task<int> DecideAsync(DecideOptions options);

    Task<int> ClientsAsync(ClientsOptions options, CancellationToken stop);
}
