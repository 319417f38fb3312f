using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Understudy.EndToEnd.Tests;

/// <summary>One node as a process of its own, started again and again on the same data.</summary>
internal sealed class RealNode(string id, Uri http, string configFile, string dataDirectory) : IDisposable
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;
    private const int OpenFileLimit = 7; // RLIMIT_NOFILE

    private readonly StringBuilder _log = new();
    private Process? _process;

    /// <summary>Another program than the command line's, and its arguments.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    public string Id => id;

    public Uri Http => http;

    /// <summary>Where it listens for its peers.</summary>
    public Uri? Peers { get; init; }

    /// <summary>The folder of its store.</summary>
    public string Data => dataDirectory;

    public int Pid => _process!.Id;

    /// <summary>What its folder is on, if that is a file system of its own; gone with the node.</summary>
    public SmallDisk? Disk { get; set; }

    public bool IsRunning => _process is { HasExited: false };

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    public void Start()
    {
        if (IsRunning) throw new InvalidOperationException($"{id} runs already");
        _process?.Dispose();
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && IsDotnet(host) ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] ours = [Repository.CliPath, "node", "--config", configFile, "--id", id, "--data", dataDirectory];
        foreach (var argument in Program ?? ours) start.ArgumentList.Add(argument);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        Append($"-- pid {Pid.ToString(CultureInfo.InvariantCulture)} started");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Sends a signal to the process.</summary>
    public void Signal(int signal)
    {
        if (!IsRunning) throw new InvalidOperationException($"{id} does not run");
        Append($"-- signal {signal.ToString(CultureInfo.InvariantCulture)}");
        if (SendSignal(_process!.Id, signal) != 0) throw new InvalidOperationException($"kill({id}, {signal}) failed");
    }

    /// <summary>The process may open so many files from now on.</summary>
    public void LimitFiles(int most)
    {
        if (!TryLimitFiles(most)) throw new InvalidOperationException($"prlimit({id}, {most}) failed");
    }

    /// <summary>The same; false if the system does not allow it, as more than it has may be for root alone.</summary>
    public bool TryLimitFiles(int most)
    {
        var limits = new Limits((ulong)most, (ulong)most);
        return SetLimits(Pid, OpenFileLimit, in limits, 0) == 0;
    }

    /// <summary>Waits until the process has ended, and gives its exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process!.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (IsRunning)
        {
            // SIGKILL ends a stopped process too.
            _ = SendSignal(_process!.Id, Kill);
            _process.WaitForExit();
        }

        _process?.Dispose();
        Disk?.Dispose();
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_log) _log.Append(line).Append('\n');
    }

    private static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limits(ulong Current, ulong Most);

    [DllImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static extern int SetLimits(int pid, int resource, in Limits limits, nint old);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int pid, int signal);
}
