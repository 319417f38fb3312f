using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Understudy.Cli.Demo;

/// <summary>Sends POSIX signals to processes that the demo started.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    public static int Stop => OperatingSystem.IsMacOS() ? 17 : 19;

    public static int Continue => OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>Sends the signal; a process that has just ended is no error.</summary>
    public static void Send(int process, int signal)
    {
        const int NoSuchProcess = 3;
        if (kill(process, signal) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess) throw new Win32Exception(error);
    }

    // One call with two integers needs no generated marshalling; the name is libc's.
#pragma warning disable SYSLIB1054, IDE1006
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054, IDE1006
}
