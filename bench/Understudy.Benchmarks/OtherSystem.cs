using System.ComponentModel;
using System.Diagnostics;
using Understudy.Cli;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>Three processes of another system that replicates writes, under the same load as kv.</summary>
/// <param name="name">What it is called.</param>
/// <param name="program">Its server.</param>
internal abstract class OtherSystem(string name, string program) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-beside-").FullName;
    private readonly List<Process> _processes = [];

    public string Name => name;

    /// <summary>Two ports for each process.</summary>
    protected IReadOnlyList<int> Ports { get; } = FreePorts.Find(BenchmarkCluster.Nodes * 2);

    /// <summary>The rates of those that are installed, by their names.</summary>
    public static async Task<SortedDictionary<string, Rate>> RunAllAsync(CommitOptions options, CancellationToken stop)
    {
        SortedDictionary<string, Rate> rates = new(StringComparer.Ordinal);
        foreach (var make in (Func<OtherSystem>[])[() => new Etcd(), () => new Redis()])
        {
            using var system = make();
            if (await system.TryRunAsync(options, stop) is { } rate) rates.Add(system.Name, rate);
        }

        return rates;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        DataFolder.Remove(_folder);
    }

    /// <summary>How one of its processes is started.</summary>
    protected abstract IEnumerable<string> Arguments(int number, string folder, bool isDurable);

    /// <summary>Opens a client's connection, to the process that takes writes.</summary>
    protected abstract ClosedLoopConnection Connect(int client);

    private async Task<Rate?> TryRunAsync(CommitOptions options, CancellationToken stop)
    {
        try
        {
            for (var number = 0; number < BenchmarkCluster.Nodes; number++) Start(number, options.IsDurable);
        }
        catch (Win32Exception)
        {
            return null; // It is not installed.
        }

        await FormAsync(stop);
        using var load = new ClosedLoop(Connect, options.Clients);
        load.Run(WarmUp, stop);
        return load.Run(options.Duration, stop);
    }

    private void Start(int number, bool isDurable)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, $"{number}")).FullName;
        var start = new ProcessStartInfo(program, Arguments(number, folder, isDurable))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        var process = Process.Start(start)!;
        _processes.Add(process);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until a write is acknowledged as it is to be.</summary>
    private async Task FormAsync(CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var connection = Connect(0);
                connection.Send();
                connection.Finish();
                return;
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or HttpRequestException)
            {
                if (clock.Elapsed > Patience) throw new DemoFailedException($"{Name} does not answer: {e.Message}");
            }

            await Task.Delay(Poll, stop);
        }
    }
}
