using System.Runtime.InteropServices;

namespace Understudy.Hosting;

/// <summary>Ends this process without running anything of it any more.</summary>
internal static class ProcessEnd
{
    /// <summary>Ends it at once; the kernel closes its connections, so peers notice.</summary>
    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern void Now(int exitCode);
}
