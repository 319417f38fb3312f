using System.Globalization;
using Understudy.Cli;

namespace Understudy.Benchmarks;

/// <summary>Measures, and writes what it found.</summary>
internal sealed class Benchmarks(TextWriter output) : IBenchmarks
{
    private static readonly TimeSpan FloorTime = TimeSpan.FromSeconds(2);

    public async Task<int> CommitAsync(CommitOptions options, CancellationToken stop)
    {
        var (result, cost) = options.ViaHttp
            ? await CommitBenchmark.RunAsync(options, stop)
            : await CallersBenchmark.RunAsync(options, stop);
        var (way, who) = options.ViaHttp ? ("via http", "clients") : ("in the primary's process", "callers");
        var what = options.IsDurable ? "disk" : "memory";
        await SayAsync($"commit {way}, {what}, {options.Clients} {who}: {result}");
        await SayAsync($"processor time of the three nodes: {cost:0} us per commit");
        if (result.AllocatedBytes is { } bytes)
            await SayAsync($"allocated by the primary's process: {bytes:0} bytes per commit");
        if (options.IsDurable) await SayAsync($"flush floor beside it: {Floor(FloorTime, stop)}");
        var beside = options.Beside ? await OtherSystem.RunAllAsync(options, stop) : null;
        foreach (var (name, rate) in beside ?? []) await SayAsync($"{name}, {what}, {options.Clients} clients: {rate}");
        if (options.Json) await output.WriteLineAsync(result.ToJson(beside));
        return 0;
    }

    public Task<int> HostAsync(HostOptions options, CancellationToken stop) =>
        options.IsWeb ? WebHost.RunAsync(options, stop) : BenchmarkHost.RunAsync(options, stop);

    public async Task<int> FailoverAsync(FailoverOptions options, CancellationToken stop)
    {
        var summary = await FailoverBenchmark.RunAsync(options, output, stop);
        await SayAsync($"{summary}");
        if (options.Json) await output.WriteLineAsync(GapJson.Of(
            [.. summary.Failovers.Select(round => round.GapMilliseconds)], summary.Findings));
        return summary.IsGood ? 0 : 1;
    }

    public async Task<int> SwitchoverAsync(SwitchoverOptions options, CancellationToken stop)
    {
        var result = await SwitchoverBenchmark.RunAsync(options, output, stop);
        await SayAsync($"{result}");
        if (options.Json) await output.WriteLineAsync(GapJson.Of(result.Gaps, result.Findings));
        return result.Findings.AreGood ? 0 : 1;
    }

    public async Task<int> TcpAsync(TcpOptions options, CancellationToken stop)
    {
        var result = await Task.Run(() => TcpBenchmark.Run(options, stop), stop);
        await output.WriteLineAsync($"{result}");
        if (options.Json) await output.WriteLineAsync(result.ToJson());
        return 0;
    }

    public async Task<int> TransferAsync(TransferOptions options, CancellationToken stop)
    {
        var result = await TransferBenchmark.RunAsync(options, stop);
        var what = options.IsDurable ? "disk" : "memory";
        await SayAsync($"transfer of {options.Megabytes} MB, {what}, {options.Clients} callers: {result}");
        if (options.Json) await output.WriteLineAsync(result.ToJson());
        return 0;
    }

    public async Task<int> FlushFloorAsync(TimeSpan duration, bool json, CancellationToken stop)
    {
        var floor = Floor(duration, stop);
        await SayAsync($"three concurrent flush loops: {floor}");
        if (json) await output.WriteLineAsync(floor.ToJson());
        return 0;
    }

    public async Task<int> DecideAsync(DecideOptions options)
    {
        var result = DecideBenchmark.Run(options);
        await SayAsync($"{result}");
        if (options.Json) await output.WriteLineAsync(result.ToJson());
        return 0;
    }

    public async Task<int> ClientsAsync(ClientsOptions options, CancellationToken stop)
    {
        var result = await ClientsBenchmark.RunAsync(options, output, stop);
        if (options.Json) await output.WriteLineAsync(result.ToJson());
        return result.IsGood ? 0 : 1;
    }

    private static Rate Floor(TimeSpan duration, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("understudy-flush-").FullName;
        try
        {
            return FlushLoops.Run(folder, 3, duration, stop);
        }
        finally
        {
            DataFolder.Remove(folder);
        }
    }

    private Task SayAsync(FormattableString text) =>
        output.WriteLineAsync(text.ToString(CultureInfo.InvariantCulture));
}
