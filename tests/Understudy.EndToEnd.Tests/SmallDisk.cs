using System.ComponentModel;
using System.Diagnostics;

namespace Understudy.EndToEnd.Tests;

/// <summary>A file system of a few megabytes, in memory, that can be filled and freed.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Megabytes = 8;

    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Mounts one at this folder. Skips the test if that is not allowed here.</summary>
    public static SmallDisk Mount(string folder)
    {
        Directory.CreateDirectory(folder);
        var why = Run("mount", "-t", "tmpfs", "-o", $"size={Megabytes}m", "tmpfs", folder);
        Assert.SkipWhen(why is not null, $"a small file system cannot be mounted here (root can): {why}");
        return new SmallDisk(folder);
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var ballast = File.Create(Ballast, bufferSize: 0);
        try
        {
            while (true) ballast.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Not one page more.
        }
    }

    public void Free() => File.Delete(Ballast);

    // Lazily: whoever still uses it keeps it until it ends.
    public void Dispose() => Run("umount", "-l", _folder);

    /// <returns>Why it failed, or null.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : errors.Trim();
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }
}
