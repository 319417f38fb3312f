using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Understudy.Cli;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>
/// The throughput of one backend on this machine: direct, by HAProxy and by a node of a cluster of three, in turn.
/// </summary>
internal sealed class TcpBenchmark : IDisposable
{
    private const int Nodes = 3;
    private static readonly TimeSpan _each = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-bench-").FullName;
    private readonly int[] _ports = FreePorts.Find(2 + 3 * Nodes);
    private readonly List<IDisposable> _running = [];

    /// <returns>What was measured; nothing of HAProxy if that is not installed.</returns>
    public static TcpResult Run(TcpOptions options, CancellationToken stop)
    {
        using var benchmark = new TcpBenchmark();
        return benchmark.Measure(options, stop);
    }

    public void Dispose()
    {
        foreach (var running in _running) running.Dispose();
        DataFolder.Remove(_folder);
    }

    private int Backend => _ports[0];

    private int Balancer => _ports[1];

    private int Listen(int node) => _ports[2 + node];

    private TcpResult Measure(TcpOptions options, CancellationToken stop)
    {
        _running.Add(new TcpBackend(Backend));
        var hasBalancer = StartBalancer();
        StartNodes();
        List<int> ways = [Backend, Listen(0)];
        if (hasBalancer) ways.Add(Balancer);
        foreach (var port in ways) TcpLoad.Await(port, stop);
        foreach (var port in ways) TcpLoad.Requests(port, options.Connections, _each); // Held until there is a primary.
        foreach (var port in ways) TcpLoad.Stream(port, _each);
        var found = ways.ToDictionary(port => port, _ => (Stream: new List<double>(), Requests: new List<double>()));
        for (var round = 0; round < options.Rounds && !stop.IsCancellationRequested; round++)
        {
            foreach (var port in ways)
            {
                found[port].Stream.Add(TcpLoad.Stream(port, _each));
                found[port].Requests.Add(TcpLoad.Requests(port, options.Connections, _each));
            }
        }

        return new TcpResult(RateOf(Backend)!, hasBalancer ? RateOf(Balancer) : null, RateOf(Listen(0))!);

        TcpRate RateOf(int port) => new(
            Math.Round(Summary.Percentile(found[port].Stream, 0.5)),
            Math.Round(Summary.Percentile(found[port].Requests, 0.5)));
    }

    private bool StartBalancer()
    {
        var file = Path.Combine(_folder, "haproxy.cfg");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
            global
                maxconn 8000
                nbthread {Environment.ProcessorCount}
            defaults
                mode tcp
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            frontend clients
                bind 127.0.0.1:{Balancer}
                default_backend program
            backend program
                server one 127.0.0.1:{Backend}

            """));
        try
        {
            _running.Add(new Balanced(Process.Start(new ProcessStartInfo("haproxy", ["-db", "-f", file]))!));
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private void StartNodes()
    {
        var file = Path.Combine(_folder, "cluster.toml");
        var text = "cluster = \"bench\"\n";
        for (var i = 0; i < Nodes; i++)
        {
            var (address, http) = (_ports[2 + Nodes + 2 * i], _ports[3 + Nodes + 2 * i]);
            text += $"[node.n{i + 1}]\naddress = \"127.0.0.1:{address}\"\nhttp = \"127.0.0.1:{http}\"\n";
            _running.Add(new DemoNode(
                $"n{i + 1}", address, http, _folder, BenchmarkCluster.Program("Understudy.Cli.dll")));
        }

        text += "[service.bench]\nkind = \"external\"\nspares = 0\n[service.bench.tcp]\nhold-seconds = 60\n"
            + $"listen = {Listen(0)}\nbackend = {Backend}\n";
        for (var i = 1; i < Nodes; i++) text += $"n{i + 1} = {{ listen = {Listen(i)}, backend = {Backend} }}\n";
        File.WriteAllText(file, text);
        foreach (var node in _running.OfType<DemoNode>()) node.Start(file);
    }

    private sealed class Balanced(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
