using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Understudy.Workers;

/// <summary>
/// A timer of the Linux kernel that sends SIGKILL to this process: it strikes a process that is stopped (SIGSTOP),
/// whose threads all hang, or whose machine was suspended meanwhile, as its clock runs on then.
/// </summary>
/// <remarks>
/// Times are set absolutely, from a reading of the kernel's clock that is older than that of ours: a process that
/// stands still in between sets a time that is too early, never one that is too late.
/// </remarks>
internal sealed class KillTimer : IKillTimer
{
    private const int BootTime = 7; // CLOCK_BOOTTIME
    private const int Absolute = 1; // TIMER_ABSTIME
    private const int SignalKill = 9;

    private readonly Func<TimeSpan> _now;
    private readonly nint _timer;

    private KillTimer(Func<TimeSpan> now, nint timer) => (_now, _timer) = (now, timer);

    /// <summary>Makes a timer that is off, or gives null and why the system has none.</summary>
    /// <param name="now">The clock of the times that it is set to.</param>
    /// <param name="whyNone">Why there is none.</param>
    public static KillTimer? TryCreate(Func<TimeSpan> now, out string whyNone)
    {
        whyNone = "";
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            whyNone = "only 64-bit Linux has such a timer";
            return null;
        }

        var wanted = new SignalEvent { Signal = SignalKill };
        try
        {
            if (TimerCreate(BootTime, ref wanted, out var timer) == 0) return new KillTimer(now, timer);
            whyNone = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        }
        catch (EntryPointNotFoundException e)
        {
            whyNone = e.Message;
        }

        return null;
    }

    public void SetAt(TimeSpan? at)
    {
        var setting = default(Setting);
        if (at is { } time)
        {
            Check(ClockGetTime(BootTime, out var boot), "clock_gettime");
            setting.Value = KernelTime.Of(boot.ToTimeSpan() + (time - _now()));
        }

        Check(TimerSetTime(_timer, Absolute, ref setting, 0), "timer_settime");
    }

    private static void Check(int result, string call)
    {
        if (result != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed");
    }

    // The names are libc's.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "timer_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TimerCreate(int clock, ref SignalEvent wanted, out nint timer);

    [DllImport("libc", EntryPoint = "timer_settime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TimerSetTime(nint timer, int flags, ref Setting setting, nint old);

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out KernelTime time);
#pragma warning restore SYSLIB1054

    /// <summary>struct sigevent, which notifies by a signal if its second number is 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct SignalEvent
    {
        [FieldOffset(8)]
        public int Signal;
    }

    /// <summary>struct itimerspec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Setting
    {
        public KernelTime Interval;
        public KernelTime Value;
    }
}
