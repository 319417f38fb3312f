using System.Diagnostics;

namespace Understudy.Cli.Demo;

/// <summary>One node of the demo: a process of this same program, unless another is named.</summary>
internal sealed class DemoNode(
    string id, int addressPort, int httpPort, string folder, IReadOnlyList<string>? program = null) : IDisposable
{
    private Process? _process;

    public string Id { get; } = id;

    public int AddressPort { get; } = addressPort;

    public int HttpPort { get; } = httpPort;

    /// <summary>The root of its HTTP API.</summary>
    public Uri Http { get; } = new($"http://127.0.0.1:{httpPort}/");

    /// <summary>Where its standard output and error go.</summary>
    public string Log { get; } = Path.Combine(folder, $"{id}.log");

    /// <summary>Whether SIGSTOP holds it.</summary>
    public bool IsStopped { get; private set; }

    public bool IsRunning => _process is { HasExited: false };

    public int Pid => _process?.Id ?? 0;

    /// <summary>Processor time used since this process started.</summary>
    public TimeSpan Cpu => Read(process => process.TotalProcessorTime);

    /// <summary>Resident memory, in megabytes.</summary>
    public double RssMegabytes => Read(process => process.WorkingSet64) / (1024.0 * 1024.0);

    public void Start(string configurationFile)
    {
        _process?.Dispose();
        IsStopped = false;

        // The shell only opens the log and becomes the node: the log outlives the demo, and the pid is the node's own.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        string[] arguments =
        [
            "-c", "exec \"$@\" >>\"$0\" 2>&1", Log, .. program ?? ThisProgram(),
            "node", "--config", configurationFile, "--id", Id, "--data", Path.Combine(folder, Id), "--end-with-stdin",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new DemoFailedException($"{Id} could not be started");
    }

    public void Signal(int signal)
    {
        if (_process is not { HasExited: false } process) return;
        Signals.Send(process.Id, signal);
        if (signal == Signals.Stop) IsStopped = true;
        if (signal == Signals.Continue) IsStopped = false;
    }

    /// <summary>Waits until the process has ended, and gives its exit code; fails if it does not end.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var process = _process ?? throw new InvalidOperationException($"{Id} does not run");
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(patience, cancellationToken);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new DemoFailedException($"{Id} should have ended and still runs after {patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Ends the process, whatever state it is in.</summary>
    public void Dispose()
    {
        if (_process is not { } process) return;
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
        _process = null;
    }

    /// <summary>The last lines of the log, for a message.</summary>
    public string LogTail()
    {
        const int Lines = 8;
        return File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(Lines)) : "(no log)";
    }

    private static string[] ThisProgram()
    {
        var program = Environment.ProcessPath ?? throw new DemoFailedException("this program does not know its path");
        var isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return isDotnet ? [program, Environment.GetCommandLineArgs()[0]] : [program];
    }

    private T Read<T>(Func<Process, T> value)
    {
        var process = _process ?? throw new InvalidOperationException($"{Id} does not run");
        process.Refresh();
        return value(process);
    }
}
