namespace Understudy.Benchmarks;

/// <summary>What each way to reach a service costs its clients.</summary>
internal static class ClientsBenchmark
{
    /// <summary>Connections with one small request under way each, as <c>tcp</c> has them.</summary>
    private const int TcpConnections = 50;

    public static async Task<ClientsResult> RunAsync(ClientsOptions options, TextWriter output, CancellationToken stop)
    {
        var result = new ClientsResult();
        if (options.Parts.HasFlag(ClientsParts.Added))
        {
            var (gateway, client) = await AddedBenchmark.RunAsync(options, stop);
            var web = await AddedBenchmark.RunWebAsync(options, stop);
            result = result with { Gateway = gateway, Client = client, Web = web };
            await output.WriteLineAsync($"read by another node: {gateway.Read}");
            await output.WriteLineAsync($"change by another node: {gateway.Change}");
            await output.WriteLineAsync($"read by the client library: {client.Read}");
            await output.WriteLineAsync($"change by the client library: {client.Change}");
            await output.WriteLineAsync($"read of a web application by another node: {web.Read}");
            await output.WriteLineAsync($"change of a web application by another node: {web.Change}");
        }

        if (options.Parts.HasFlag(ClientsParts.Gap))
        {
            var gap = await GapBenchmark.RunAsync(options, output, stop);
            result = result with { Gap = gap };
            await output.WriteLineAsync(
                $"gap of the client library {gap.Client}; of survivors' gateways {gap.Gateway}; "
                + $"of the commit path {gap.Failover}");
            await output.WriteLineAsync(FormattableString.Invariant(
                $"{gap.Changes} changes answered, {gap.Lost} lost, {gap.Duplicated} made twice, {gap.Failed} failed"));
        }

        if (options.Parts.HasFlag(ClientsParts.Tcp))
        {
            var asked = new TcpOptions(TcpConnections, options.Rounds, Json: false);
            var tcp = await Task.Run(() => TcpBenchmark.Run(asked, stop), stop);
            result = result with { Tcp = tcp };
            await output.WriteLineAsync($"{tcp}");
        }

        if (options.Parts.HasFlag(ClientsParts.Resume))
            result = result with { Resumes = await ResumeBenchmark.RunAsync(options, output, stop) };
        return result;
    }
}
