using System.ComponentModel;
using System.Diagnostics;

namespace Understudy.EndToEnd.Tests;

/// <summary>A program that is not ours: it runs until it is disposed of, or to its end.</summary>
internal sealed class ForeignProgram : IDisposable
{
    private readonly Process _process;

    private ForeignProgram(Process process) => _process = process;

    /// <summary>Starts it in the background.</summary>
    public static ForeignProgram Start(params string[] command)
    {
        var process = Process.Start(To(command))!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ForeignProgram(process);
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code, and all that it said.</returns>
    public static async Task<(int Code, string Said)> RunAsync(params string[] command)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = Process.Start(To(command))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end.");
        }
    }

    /// <summary>Skips the test unless this program is there.</summary>
    public static void Need(string program, string package)
    {
        try
        {
            using var process = Process.Start(To([program, "--version"]))!;
            process.WaitForExit();
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed: apt-get install {package}");
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ProcessStartInfo To(string[] command) => new(command[0], command[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    };
}
