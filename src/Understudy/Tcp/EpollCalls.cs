using System.Runtime.InteropServices;

namespace Understudy.Tcp;

/// <summary>The calls of the Linux kernel that <see cref="EpollThread"/> makes.</summary>
internal static class EpollCalls
{
    public const int Add = 1; // EPOLL_CTL_ADD
    public const uint In = 0x1;
    public const uint Out = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerEnded = 0x2000; // EPOLLRDHUP
    public const uint EdgeTriggered = 1u << 31;

    public const int Interrupted = 4; // EINTR
    public const int WouldBlock = 11; // EAGAIN
    public const int InProgress = 115; // EINPROGRESS

    public const int NoSignal = 0x4000; // MSG_NOSIGNAL
    public const int ShutdownSend = 1; // SHUT_WR
    public const int CloseOnExecute = 0x80000; // EPOLL_CLOEXEC, EFD_CLOEXEC
    public const int NonBlocking = 0x800; // EFD_NONBLOCK

    /// <summary>struct epoll_event is packed on x64, and on no other system.</summary>
    public static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    public static readonly int DataOffset = EventBytes - sizeof(long);

    public static int LastError => Marshal.GetLastPInvokeError();

    // The names are libc's.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Create(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Control(int epoll, int operation, int file, ref byte wanted);

    [DllImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Wait(int epoll, ref byte events, int most, int milliseconds);

    [DllImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int CreateEvent(uint initial, int flags);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint Read(int file, ref long number, nint bytes);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint Write(int file, ref long number, nint bytes);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Close(int file);

    [DllImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Connect(int socket, ref byte address, int bytes);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint Receive(int socket, ref byte buffer, nint bytes, int flags);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint Send(int socket, ref byte buffer, nint bytes, int flags);

    [DllImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Shutdown(int socket, int how);
#pragma warning restore SYSLIB1054
}
