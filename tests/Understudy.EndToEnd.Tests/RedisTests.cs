using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Understudy.EndToEnd.Tests;

/// <summary>Real redis-servers behind TCP ports of a real cluster, used by redis-cli and redis-benchmark.</summary>
public sealed class RedisTests
{
    [Fact]
    public async Task Redis_clients_of_every_node_are_at_the_primarys_server_through_a_kill_and_a_switchover()
    {
        await using var cluster = await StartAsync();
        var primary = await cluster.Nodes.PrimaryAsync();
        await AllAreAtAsync(cluster, primary);
        await BenchmarkAsync(cluster, "n1");

        var other = cluster.Nodes.Nodes.Keys.First(id => id != primary);
        using var open = await cluster.ConnectAsync(other);
        Ping(open).ShouldBe("+PONG\r\n");
        cluster.Nodes[primary].Signal(RealNode.Kill);
        Should.Throw<SocketException>(() => Wait(open)).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        var next = await cluster.Nodes.PrimaryAsync(without: primary);
        await AllAreAtAsync(cluster, next, without: primary);
        await BenchmarkAsync(cluster, other);

        cluster.Nodes[primary].Start();
        await cluster.Nodes.ShapeAsync();
        using var before = await cluster.ConnectAsync(other);
        Ping(before).ShouldBe("+PONG\r\n");
        await OperatorLine.DoAsync(cluster.Nodes[next], "switchover", "foreign", "--to", primary);
        Should.Throw<SocketException>(() => Wait(before)).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        await cluster.Nodes.PrimaryAsync(without: next);
        await AllAreAtAsync(cluster, primary);
        await cluster.OpenAsync(other, 0);
        cluster.Nodes.Passed();
    }

    /// <summary>docs/operating/tcp.md, "Try it".</summary>
    [Fact]
    public async Task The_commands_of_the_page_on_TCP_ports_do_what_they_say()
    {
        await using var cluster = await StartAsync();
        if (await cluster.Nodes.PrimaryAsync() == "n2")
        {
            await OperatorLine.DoAsync(cluster.Nodes["n2"], "switchover", "foreign", "--to", "n1");
            await cluster.Nodes.PrimaryAsync(without: "n2");
        }

        var commands = Examples.Of("docs", "operating", "tcp.md").Single(block => block[0].StartsWith("redis-cli"));
        var script = Examples.At(cluster.Nodes, string.Join('\n', commands.Prepend("set -e")))
            .Replace("understudy ", $"dotnet '{Repository.CliPath}' ", StringComparison.Ordinal)
            .Replace(" cache ", " foreign ", StringComparison.Ordinal)
            .Replace("-p 6501", $"-p {cluster.Listen["n1"]}", StringComparison.Ordinal)
            .Replace("-p 6502", $"-p {cluster.Listen["n2"]}", StringComparison.Ordinal);
        var (code, said) = await ForeignProgram.RunAsync("sh", "-c", script);

        code.ShouldBe(0, said);
        var lines = said.Split('\n', StringSplitOptions.TrimEntries);
        lines[..2].ShouldBe(["OK", "hello"], said);
        lines.Count(line => line == "hello").ShouldBe(1, "n2's server was not told");
        (await CliAsync(cluster, "n1", "get", "node")).ShouldBe("n2");
        cluster.Nodes.Passed();
    }

    [Fact]
    public async Task Two_thousand_idle_connections_and_fifty_that_never_read_slow_nobody_and_leave_nothing_behind()
    {
        await using var cluster = await StartAsync();
        var primary = await cluster.Nodes.PrimaryAsync();
        var other = cluster.Nodes.Nodes.Keys.First(id => id != primary);
        await CliAsync(cluster, other, "set", "big", new string('x', 100_000));
        var (memory, files) = await CostAsync(cluster, other);
        List<Socket> all = [];
        for (var i = 0; i < 2_000; i++) all.Add(await cluster.ConnectAsync(other));
        foreach (var deaf in all.Take(50))
        {
            var ask = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET big\r\n", 100)));
            await deaf.SendAsync(ask);
        }

        await cluster.OpenAsync(other, all.Count);
        Ping(all[^1]).ShouldBe("+PONG\r\n");
        await BenchmarkAsync(cluster, other);
        foreach (var socket in all) socket.Dispose();
        await cluster.OpenAsync(other, 0);
        var (memoryAfter, filesAfter) = await CostAsync(cluster, other);
        memoryAfter.ShouldBeLessThan(memory + 100, "megabytes of the node");
        filesAfter.ShouldBeLessThan(files + 50, "its open files");
        cluster.Nodes.Passed();
    }

    private static async Task<ForeignCluster> StartAsync()
    {
        ForeignProgram.Need("redis-server", "redis-server");
        ForeignProgram.Need("redis-cli", "redis-tools");
        var cluster = await ForeignCluster.StartAsync((_, port) =>
        [
            "redis-server", "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1",
            "--save", "", "--appendonly", "no", "--tcp-backlog", "511",
        ]);
        foreach (var (id, port) in cluster.Backend)
            await ForeignCluster.UntilDoneAsync("redis-cli", "-p", $"{port}", "set", "node", id);
        return cluster;
    }

    private static async Task AllAreAtAsync(ForeignCluster cluster, string primary, string without = "")
    {
        foreach (var id in cluster.Listen.Keys.Where(id => id != without))
            (await CliAsync(cluster, id, "get", "node")).ShouldBe(primary, $"by {id}");
    }

    private static async Task<string> CliAsync(ForeignCluster cluster, string id, params string[] words)
    {
        var (code, said) = await ForeignProgram.RunAsync(["redis-cli", "-p", $"{cluster.Listen[id]}", .. words]);
        code.ShouldBe(0, said);
        return said.Trim();
    }

    private static async Task BenchmarkAsync(ForeignCluster cluster, string id)
    {
        var (code, said) = await ForeignProgram.RunAsync(
            "redis-benchmark", "-p", $"{cluster.Listen[id]}", "-t", "set,get", "-n", "5000", "-c", "20", "-q");
        code.ShouldBe(0, said);
        said.ShouldContain("requests per second");
        said.ShouldNotContain("Error");
    }

    private static async Task<(double Megabytes, int Files)> CostAsync(ForeignCluster cluster, string id)
    {
        var status = await cluster.Nodes.StatusAsync(cluster.Nodes[id], TestContext.Current.CancellationToken);
        var files = $"/proc/{status!.Node.Pid}/fd";
        return (status.Node.RssMegabytes, Directory.Exists(files) ? Directory.GetFileSystemEntries(files).Length : 0);
    }

    private static string Ping(Socket socket)
    {
        socket.Send("PING\r\n"u8);
        return Wait(socket);
    }

    private static string Wait(Socket socket)
    {
        var buffer = new byte[64];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
