using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;

namespace Understudy.Tests.Hosting;

public class TcpMetricsTests
{
    [Fact]
    public void Whoever_listens_hears_of_each_service_what_there_is_now()
    {
        var node = new NodeId($"tcp-{Guid.NewGuid():n}"); // No other test's numbers are heard.
        using var reader = new MetricReader(node);
        TcpStatus[] now = [Status("cache", open: 1, held: 2, refused: 3), Status("mail", open: 4, held: 0, refused: 0)];
        using var metrics = new TcpMetrics(node, () => now);
        reader.Read("understudy.tcp.open").ShouldBe([("cache", null, 1), ("mail", null, 4)]);

        now = [Status("cache", open: 5, held: 6, refused: 7)];
        reader.Read("understudy.tcp.open").ShouldBe([("cache", null, 5)]);
        reader.Read("understudy.tcp.held").ShouldBe([("cache", null, 6)]);
        reader.Read("understudy.tcp.refused").ShouldBe([("cache", null, 7)]);
    }

    private static TcpStatus Status(string service, int open, int held, long refused) => new()
    {
        Service = service,
        Listen = "127.0.0.1:1",
        Open = open,
        Held = held,
        Refused = refused,
    };
}
