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
    public async Task Thousands_of_idle_connections_and_fifty_that_never_read_slow_nobody_and_leave_nothing_behind()
    {
        await using var cluster = await StartAsync();
        var primary = await cluster.Nodes.PrimaryAsync();
        string[] others = [.. cluster.Nodes.Nodes.Keys.Where(id => id != primary)];
        var count = Heavy.Of(2_000, 10_000);

        // Each takes two files of its node. Where 22,000 are not allowed, two nodes share the connections.
        var by = !Heavy.IsOn || cluster.Nodes[others[0]].TryLimitFiles((2 * count) + 2_000) ? others[..1] : others;
        var (other, node) = (others[0], cluster.Nodes[others[0]]);
        await CliAsync(cluster, other, "set", "big", new string('x', 100_000));
        var before = await NodeCost.AfterCollectionAsync(node);
        List<Socket> all = [];
        for (var i = 0; i < count; i++) all.Add(await cluster.ConnectAsync(by[i % by.Length]));
        foreach (var deaf in all.Take(50))
        {
            var ask = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET big\r\n", 100)));
            await deaf.SendAsync(ask);
        }

        var each = count / by.Length;
        foreach (var id in by) await cluster.OpenAsync(id, each);
        Ping(all[^1]).ShouldBe("+PONG\r\n");
        await BenchmarkAsync(cluster, other);
        var during = await NodeCost.AfterCollectionAsync(node);
        foreach (var socket in all) socket.Dispose();
        await cluster.OpenAsync(other, 0);
        await NodeCost.UntilSocketsAsync(node, before.Sockets + 10);
        var after = await NodeCost.AfterCollectionAsync(node);
        Heavy.Say($"{count} connections by {by.Length} nodes, of one's {each} each takes "
            + $"{(during.Bytes - before.Bytes) / each} bytes. before: {before}; during: {during}; after: {after}");
        after.Bytes.ShouldBeLessThan(before.Bytes + (64 << 20));
        cluster.Nodes.Passed();
    }

    [Fact]
    public async Task A_node_with_few_files_left_resets_new_connections_and_goes_on_with_those_that_it_has()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Nodes.Nodes["n1"];
        using var first = await cluster.ConnectAsync("n1");
        Ping(first).ShouldBe("+PONG\r\n");
        node.LimitFiles(Directory.GetFileSystemEntries($"/proc/{node.Pid}/fd").Length + 100);
        var address = new Uri($"tcp://127.0.0.1:{cluster.Listen["n1"]}");
        using (var clients = new HostileClients(address))
        {
            await clients.OpenAsync(200);
            await cluster.Nodes.UntilAsync("refused connections", statuses =>
                statuses.Single(status => status.Node.Id == "n1").Tcp.Single() is { Refused: > 0, Held: 0 });
            Ping(first).ShouldBe("+PONG\r\n");
            node.Log.ShouldContain("LimitNOFILE");
        }

        await cluster.OpenAsync("n1", 1);
        await AllAreAtAsync(cluster, await cluster.Nodes.PrimaryAsync());
        cluster.Nodes.Passed();
    }

    private static async Task<ForeignCluster> StartAsync()
    {
        ForeignProgram.Need("redis-server", "redis-server");
        ForeignProgram.Need("redis-cli", "redis-tools");
        var cluster = await ForeignCluster.StartAsync((_, port) =>
        [
            "redis-server", "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1",
            "--save", "", "--appendonly", "no", "--tcp-backlog", "511", "--maxclients", "15000",
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
