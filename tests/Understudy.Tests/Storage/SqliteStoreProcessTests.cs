using System.Diagnostics;
using Understudy.Kernel;
using static Understudy.Tests.Storage.StoreFolder;

namespace Understudy.Tests.Storage;

/// <summary>What a store does when its process dies or the disk fails to flush; each in a process of its own.</summary>
public sealed class SqliteStoreProcessTests : IDisposable
{
    private const string Program = "Understudy.Tests";

    private static readonly string[] FailingFlush =
    [
        "strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
    ];

    // A thread's first flush is of the log's header; the next one is of the commit.
    private static readonly string[] FailingCommit = [.. FailingFlush[..^1], FailingFlush[^1] + ":when=2+"];

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_flushed_survives_a_kill()
    {
        (await RunChild("write")).ShouldContain("flushed Data 2");

        using var store = _folder.Open();
        Sequences(store.Load(), new ServiceName("kv")).ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData("write-until-failure", "data.db")]
    [InlineData("write-control-until-failure", "control.db")]
    public async Task A_flush_that_fails_is_reported_with_its_file_and_what_to_do_and_nothing_is_claimed(
        string task, string file)
    {
        await SkipUnlessFlushesCanFail();
        CreateStore();

        var output = await RunChild(task, FailingFlush);

        output.ShouldContain("opened");
        output.ShouldContain($"failed: {Path.Combine(_folder.Path, file)}: a flush failed (");
        output.ShouldContain("disk I/O error");
        output.ShouldContain("then start the node again");
        output.ShouldNotContain("flushed");
    }

    [Fact]
    public async Task A_boot_counter_that_is_not_flushed_is_not_used()
    {
        await SkipUnlessFlushesCanFail();
        CreateStore();

        var output = await RunChild("boot", FailingFlush);

        output.ShouldContain("refused: ");
        output.ShouldNotContain("counter");
    }

    // After a kill between write and flush the page cache holds commits that the disk may not have.
    [Fact]
    public async Task What_an_earlier_process_did_not_flush_is_flushed_before_it_is_believed()
    {
        await SkipUnlessFlushesCanFail();
        CreateStore();
        (await RunChild("write-until-failure", FailingCommit)).ShouldContain("failed: ");

        var output = await RunChild("load", FailingFlush);

        output.ShouldContain("refused: ");
        output.ShouldNotContain("entries");
        // The test means something only if there was a commit to believe.
        using var store = _folder.Open();
        Sequences(store.Load(), new ServiceName("kv")).ShouldNotBeEmpty();
    }

    private void CreateStore()
    {
        using (_folder.Open())
        {
        }
    }

    private async Task<string> RunChild(string task, params string[] under) =>
        await Run([.. under, Path.Combine(AppContext.BaseDirectory, Program)], start =>
        {
            start.Environment[StoreChild.DirectoryVariable] = _folder.Path;
            start.Environment[StoreChild.TaskVariable] = task;
        });

    private static async Task SkipUnlessFlushesCanFail()
    {
        string output;
        try
        {
            output = await Run([.. FailingFlush, "echo", "traced"], _ => { });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("strace is not installed: apt-get install strace");
            return;
        }

        Assert.SkipUnless(output.Contains("traced", StringComparison.Ordinal), $"strace may not trace here: {output}");
    }

    private static async Task<string> Run(string[] command, Action<ProcessStartInfo> prepare)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        prepare(start);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await output + await errors;
    }
}
