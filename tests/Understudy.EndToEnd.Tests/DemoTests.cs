using System.Diagnostics;
using System.Text.Json;

namespace Understudy.EndToEnd.Tests;

/// <summary>The demo as its user runs it: into a pipe, and on a terminal.</summary>
public class DemoTests
{
    [Fact]
    public async Task The_demo_in_a_pipe_ends_with_the_object_that_sums_it_up()
    {
        var (code, output) = await RunAsync("dotnet", Repository.CliPath, "demo", "--rounds", "1", "--json");

        code.ShouldBe(0, output);
        var summary = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
        summary.GetProperty("rounds").GetInt32().ShouldBe(1);
        summary.GetProperty("failovers").GetInt32().ShouldBe(1);
        summary.GetProperty("requests").GetInt64().ShouldBeGreaterThan(0);
        summary.GetProperty("errors").GetInt64().ShouldBe(0);
        summary.GetProperty("acknowledged").GetInt64().ShouldBeGreaterThan(0);
        summary.GetProperty("lost").GetInt64().ShouldBe(0);
        summary.GetProperty("duplicated").GetInt64().ShouldBe(0);
        summary.GetProperty("linearizable").GetBoolean().ShouldBeTrue();
        foreach (var phase in new[] { "detect", "agree", "select", "activate", "reach" })
            summary.GetProperty("phasesMilliseconds").GetProperty(phase).GetDouble().ShouldBeGreaterThanOrEqualTo(0);
    }

    /// <summary>The picture is drawn while nodes are killed and started again; it must survive that.</summary>
    [Fact]
    public async Task The_demo_draws_its_picture_on_a_terminal_and_ends_well()
    {
        const string Script = "/usr/bin/script";
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists(Script), "script, of Debian's bsdutils, gives a terminal");
        var demo = $"stty cols 120 rows 45; exec dotnet '{Repository.CliPath}' demo --rounds 2";

        var (code, output) = await RunAsync(Script, "-qec", demo, "/dev/null");

        code.ShouldBe(0, output);
        foreach (var part in new[] { "2 of 2 failovers", "n4", "primary", "detect", "nothing acknowledged was lost" })
            output.ShouldContain(part);
        output.ShouldNotContain("Unhandled");
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm-256color" },
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
