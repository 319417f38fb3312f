using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

/// <summary>Clients whose machine is gone: nothing comes from them any more, no end and no reset.</summary>
public sealed class VanishedClientTests
{
    [Fact]
    public async Task Idle_clients_are_asked_every_half_a_minute_whether_they_are_there()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 1);
        var node = cluster["n1"];
        using var clients = new HostileClients(node.Http);
        await clients.AskAsync(20);
        AskedSoon(node).ShouldBeGreaterThanOrEqualTo(20);
        cluster.Passed();
    }

    /// <summary>Takes a minute, and a route that root adds and removes.</summary>
    [Fact(Explicit = true)]
    public async Task Clients_that_have_vanished_are_noticed_within_a_minute()
    {
        ForeignProgram.Need("ip", "iproute2");
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        var node = cluster[await cluster.PrimaryAsync()];
        var before = NodeCost.Of(node);
        var from = IPAddress.Parse(string.Create(
            CultureInfo.InvariantCulture, $"127.97.{1 + Environment.ProcessId % 250}.1"));
        using var clients = new HostileClients(node.Http) { From = from };
        await clients.OpenAsync(100);
        await clients.AskAsync(100);
        await clients.OpenAsync(100, "GET /api/v1/services/stream HTTP/1.1\r\nHost: node\r\n\r\n");
        NodeCost.Of(node).Sockets.ShouldBeGreaterThanOrEqualTo(before.Sockets + 200);
        string[] route = ["blackhole", $"{from}/32", "table", "local"];
        var (code, said) = await ForeignProgram.RunAsync(["ip", "route", "add", .. route]);
        if (code != 0) Assert.Skip($"The clients' address cannot be cut off: {said}");
        try
        {
            await NodeCost.UntilSocketsAsync(node, before.Sockets + 2);
        }
        finally
        {
            await ForeignProgram.RunAsync(["ip", "route", "del", .. route]);
        }

        cluster.Passed();
    }

    /// <summary>How many connections the kernel will ask in at most 30 s; their timer is then of kind 2.</summary>
    private static int AskedSoon(RealNode node)
    {
        var port = node.Http.Port.ToString("X4", CultureInfo.InvariantCulture);
        return File.ReadLines("/proc/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[1].EndsWith($":{port}", StringComparison.Ordinal))
            .Select(fields => fields[5].Split(':'))
            .Count(timer => timer[0] == "02"
                && int.Parse(timer[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= 3000);
    }
}
