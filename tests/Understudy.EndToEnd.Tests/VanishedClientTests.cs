using System.Globalization;
using System.Net;

namespace Understudy.EndToEnd.Tests;

/// <summary>Clients whose machine is gone: nothing comes from them any more, no end and no reset.</summary>
public sealed class VanishedClientTests
{
    [Fact]
    public async Task Clients_that_have_vanished_are_noticed_within_a_minute()
    {
        if (!Heavy.IsOn) Assert.Skip("Takes a minute and a route of root's: set UNDERSTUDY_HEAVY=1.");
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
}
