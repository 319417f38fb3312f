using Understudy.Verification;

namespace Understudy.Cli.Demo;

/// <summary>The demo's clients: the closed-loop ones and the gap writer.</summary>
internal sealed class Load : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly KvClient _kv;
    private readonly int _reader;
    private readonly Task[] _running;

    /// <param name="nodes">The roots of the nodes' HTTP APIs.</param>
    /// <param name="options">How many clients, and how patient.</param>
    /// <param name="history">Gets all that they do.</param>
    /// <param name="abort">Ends everything at once.</param>
    public Load(IReadOnlyList<Uri> nodes, DemoOptions options, History history, CancellationToken abort)
    {
        History = history;
        _kv = new KvClient(nodes, options.RequestPatience);
        GapWriter = new GapWriter(options.Clients, _kv, History);
        _reader = options.Clients + 1;
        var clients = Enumerable.Range(0, options.Clients).Select(number =>
            new DemoClient(number, _kv, History, seed: number).RunAsync(_stop.Token, abort));
        _running = [.. clients, GapWriter.RunAsync(_stop.Token, abort)];
    }

    public History History { get; }

    public GapWriter GapWriter { get; }

    /// <summary>Fails with a client's failure, if one has failed.</summary>
    public Task CheckAsync() => _running.FirstOrDefault(task => task.IsFaulted) ?? Task.CompletedTask;

    /// <summary>Lets the clients end what they have begun.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>Reads every key that was ever written, as the last operations of the history.</summary>
    public async Task ReadBackAsync(CancellationToken cancellationToken)
    {
        var keys = History.Snapshot().Select(operation => operation.Done.Key).Distinct().Order().ToArray();
        foreach (var key in keys)
        {
            var read = await _kv.AskAsync(DemoClient.Ask(KvOperationKind.Get, key), cancellationToken);
            History.Add(new Operation(_reader, read));
            if (read.Outcome == KvOutcome.Unknown)
                throw new DemoFailedException($"the key {key} could not be read back");
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _kv.Dispose();
    }
}
