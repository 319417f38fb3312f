using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Understudy.EndToEnd.Tests;

public class DiskTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_whose_disk_is_full_names_the_file_and_ends_and_nothing_is_lost(bool isPrimary)
    {
        await using var cluster = await RealCluster.StartAsync(
            voters: 3, prepare: node => node.Disk = SmallDisk.Mount(node.Data));
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(50);
        var full = await ChooseAsync(cluster, isPrimary);

        full.Disk!.Fill();
        (await full.ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(NodeHost.DiskFailed);
        full.Log.ShouldContain(
            $"The node ends: {Path.Combine(full.Data, "data.db")} could not be written: its disk is full (");
        full.Log.ShouldContain("Free space there and start the node again");
        await load.GoOnAsync(50);

        full.Disk.Free();
        full.Start();
        await cluster.ShapeAsync();
        await load.GoOnAsync(20);
        await load.CheckAsync();
        cluster.Passed();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_whose_flush_fails_names_the_file_and_ends_and_nothing_is_lost(bool isPrimary)
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        await using var load = new Load(cluster.Client());
        await load.GoOnAsync(50);
        var failing = await ChooseAsync(cluster, isPrimary);

        using var tracer = FailFlushes(failing);
        (await failing.ExitAsync(TestContext.Current.CancellationToken)).ShouldBe(NodeHost.DiskFailed);
        failing.Log.ShouldContain($"The node ends: {Path.Combine(failing.Data, "data.db")}: a flush failed (");
        failing.Log.ShouldContain("then start the node again");
        await load.GoOnAsync(50);

        failing.Start();
        await cluster.ShapeAsync();
        await load.GoOnAsync(20);
        await load.CheckAsync();
        cluster.Passed();
    }

    private static async Task<RealNode> ChooseAsync(RealCluster cluster, bool isPrimary)
    {
        var primary = await cluster.PrimaryAsync();
        return isPrimary ? cluster[primary] : cluster.Nodes.Values.First(node => node.Id != primary);
    }

    /// <summary>From soon on every flush of this running process fails. It is traced until it has ended.</summary>
    private static Process FailFlushes(RealNode node)
    {
        string[] arguments =
        [
            "-f", "-o", "/dev/null", "-p", node.Pid.ToString(CultureInfo.InvariantCulture),
            "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
        ];
        try
        {
            return Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("strace is not installed: apt-get install strace");
            throw;
        }
    }
}
