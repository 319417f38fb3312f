using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;

namespace Understudy.Tcp;

/// <summary>Forwards the TCP connections of every service that has any, on one node.</summary>
internal sealed class TcpForwarders : IAsyncDisposable
{
    private const int MostThreads = 4;

    private readonly OpenFiles _files;
    private readonly TimeProvider _clock;
    private readonly ImmutableArray<TcpForwarder> _forwarders;
    private readonly ImmutableArray<EpollThread> _threads = [];
    private readonly TcpMetrics _metrics;
    private int _lastLink;

    /// <param name="configuration">Says which services have connections, and where.</param>
    /// <param name="self">This node.</param>
    /// <param name="files">Says when there are too many open files for another connection.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="logger">Says what an operator may act on.</param>
    /// <param name="fail">Ends the process: an invariant is broken.</param>
    public TcpForwarders(
        ClusterConfiguration configuration,
        NodeId self,
        OpenFiles files,
        TimeProvider clock,
        ILogger logger,
        Action<Exception> fail)
    {
        (_files, _clock) = (files, clock);
        TcpListening[] wanted = [.. configuration.TcpOn(self)];
        if (wanted.Length > 0 && EpollThread.IsSupported)
        {
            var threads = Math.Min(Environment.ProcessorCount, MostThreads);
            _threads = [.. Enumerable.Range(0, threads).Select(_ => new EpollThread(fail))];
        }

        _forwarders = [.. wanted.Select(options => new TcpForwarder(options, Link, clock, logger, fail))];
        _metrics = new TcpMetrics(self, () => Status);
    }

    /// <summary>What they do now.</summary>
    public IReadOnlyList<TcpStatus> Status => [.. _forwarders.Select(forwarder => forwarder.Status)];

    /// <summary>Which programs take no connection.</summary>
    public IEnumerable<string> Reasons => _forwarders.Select(forwarder => forwarder.Reason).OfType<string>();

    /// <summary>Takes connections from now on.</summary>
    /// <exception cref="IOException">Nothing can listen at one of the addresses.</exception>
    public void Start()
    {
        foreach (var forwarder in _forwarders) forwarder.Start();
    }

    /// <summary>The node has learned something. Never waits.</summary>
    /// <param name="status">What it published; null if its incarnation has ended.</param>
    /// <param name="startedAt">The timestamp from which its incarnation counts time.</param>
    public void Learn(Protocol.NodeStatus? status, long startedAt)
    {
        foreach (var forwarder in _forwarders) forwarder.Learn(status, startedAt);
    }

    /// <summary>Takes no more connections, and lets those that there are drain.</summary>
    public Task StopAsync() => Task.WhenAll(_forwarders.Select(forwarder => forwarder.StopAsync()));

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        foreach (var forwarder in _forwarders) await forwarder.DisposeAsync();
        foreach (var thread in _threads) thread.Dispose();
    }

    private TcpLink? Link(Socket client)
    {
        if (_files.IsShort(client)) return null;
        if (_threads.IsEmpty) return new SocketLink(client, _clock) { Files = _files };
        var thread = _threads[(int)((uint)Interlocked.Increment(ref _lastLink) % _threads.Length)];
        return new EpollLink(thread, client) { Files = _files };
    }
}
