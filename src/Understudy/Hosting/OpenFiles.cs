using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Understudy.Kernel;

namespace Understudy.Hosting;

/// <summary>
/// Keeps clients from the last files that this process may open: peers' connections, the disk and new threads need
/// some, and without one for a thread the runtime ends the process. May be asked from any thread.
/// </summary>
internal sealed partial class OpenFiles(NodeId self, ILogger logger, TimeProvider clock)
{
    private const int LeastReserve = 64;
    private const int MostReserve = 512;
    private const int OpenFileLimit = 7; // RLIMIT_NOFILE

    /// <summary>One line says it for so long.</summary>
    private static readonly TimeSpan _repeatAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long? _saidAt;

    /// <summary>How many of so many files are not for clients: an eighth, from 64 to 512.</summary>
    public static long ReserveOf(long limit) => Math.Clamp(limit / 8, LeastReserve, MostReserve);

    /// <summary>Whether a socket that was just opened is one of those that are not for clients; then says so.</summary>
    public bool IsShort(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || GetLimit(OpenFileLimit, out var limits) != 0) return false;

        // The kernel gives the lowest number that is free: as many files as this are open.
        var limit = (long)Math.Min(limits.Current, long.MaxValue);
        if (socket.Handle < limit - ReserveOf(limit)) return false;
        Say(limit);
        return true;
    }

    private void Say(long limit)
    {
        lock (_gate)
        {
            if (_saidAt is { } at && clock.GetElapsedTime(at) < _repeatAfter) return;
            _saidAt = clock.GetTimestamp();
        }

        LogShort(logger, self, limit, ReserveOf(limit));
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limits(ulong Current, ulong Most);

    // The name is libc's.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limits limits);
#pragma warning restore SYSLIB1054
}
