using System.Diagnostics;

namespace Understudy.Packages.Tests;

/// <summary>Runs a command to its end and gives what it said.</summary>
internal static class DotnetCommand
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(4);

    public static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(_limit);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            var said = await output + await errors;
            process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{said}");
            return said;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
