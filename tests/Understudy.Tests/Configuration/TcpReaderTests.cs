using System.Net;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests;

public sealed class TcpReaderTests
{
    private const string Nodes = """
        cluster = "web"
        [node.n1]
        address = "127.0.0.1:7101"
        http = "127.0.0.1:7201"
        [node.n2]
        address = "127.0.0.2:7102"
        http = "127.0.0.3:7202"
        [node.w]
        address = "127.0.0.4:7103"
        http = "127.0.0.4:7203"
        witness = true

        """;

    private const string External = Nodes + "[service.cache]\nkind = \"external\"\n";

    /// <summary>Every mistake that the table can have: its text, and the whole of what is said about it.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "",
            "c.toml:12:2: [service.cache] has neither \"tcp\" nor \"http\". Add a line http = { backend = 8080 }, or " +
            "tcp = { listen = 6380, backend = 6379 }." },
        { "tcp = 6380", "c.toml:14:1: \"tcp\" in [service.cache] must be a table. " +
            "Write [service.cache.tcp] on a line of its own." },
        { "tcp.listen = 6380", "c.toml:14:1: [service.cache.tcp] has no \"backend\". Add a line backend = 6379." },
        { "tcp = { listen = 0, backend = 6379 }", "c.toml:14:9: listen = 0 in [service.cache.tcp] is out of range. " +
            "It is a number of a port from 1 to 65535." },
        { "tcp = { listen = 1, backend = 2, max-hold = 3 }", "c.toml:14:34: unknown key \"max-hold\" in " +
            "[service.cache.tcp]. Did you mean \"max-held\"?" },
        { "tcp = { listen = 1, backend = 2, n1 = 3 }", "c.toml:14:34: \"n1\" in [service.cache.tcp] must be a table. " +
            "Write [service.cache.tcp.n1] on a line of its own." },
        { "tcp = { listen = 1, backend = 2, n1 = { port = 3 } }", "c.toml:14:41: unknown key \"port\" in " +
            "[service.cache.tcp.n1]. The keys here are listen, backend." },
        { "tcp = { listen = 1, backend = 2, drain-seconds = 4000 }", "c.toml:14:34: drain-seconds = 4000 in " +
            "[service.cache.tcp] is out of range. It is a number of seconds from 0 to 3600." },
        { "tcp = { listen = 7201, backend = 2 }", "c.toml:12:2: cache cannot listen at 127.0.0.1:7201 on n1: that is " +
            "the http of n1. Nodes that share an address need ports of their own: write [service.cache.tcp.n1] with " +
            "another listen." },
        { "tcp = { listen = 9, backend = 9 }", "c.toml:12:2: cache listens where its own program does on n1: at " +
            "127.0.0.1:9. Clients connect to listen, and the program listens at backend: give them different ports." },
        { "tcp = { listen = 9, backend = 8 }\n[service.other]\nkind = \"external\"\ntcp = { listen = 9, backend = 7 }",
            "c.toml:15:2: other cannot listen at 127.0.0.1:9 on n1: that is the listen of cache on n1. Nodes that " +
            "share an address need ports of their own: write [service.other.tcp.n1] with another listen.\n" +
            "c.toml:15:2: other cannot listen at 127.0.0.3:9 on n2: that is the listen of cache on n2. Nodes that " +
            "share an address need ports of their own: write [service.other.tcp.n2] with another listen.\n" +
            "c.toml:15:2: other cannot listen at 127.0.0.4:9 on w: that is the listen of cache on w. Nodes that " +
            "share an address need ports of their own: write [service.other.tcp.w] with another listen." },
        { "drain-seconds = 1\ntcp = { listen = 1, backend = 2 }", "c.toml:14:1: \"drain-seconds\" means nothing to " +
            "a service of kind \"external\". Its program answers: write it in its table http, or tcp." },
        { "durability = \"disk\"\ntcp = { listen = 1, backend = 2 }", "c.toml:14:1: \"durability\" means nothing to " +
            "a service of kind \"external\". Understudy has neither its code nor its state: remove the line." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_gets_one_clear_message(string text, string expected)
    {
        var read = ConfigurationFile.Parse(External + text, "c.toml");
        string.Join('\n', read.ShouldBeOfType<ConfigurationResult.Invalid>().Problems).ShouldBe(expected);
    }

    [Fact]
    public void A_node_listens_at_its_own_address_and_reaches_each_nodes_program_at_that_nodes()
    {
        var read = Valid("""
            [service.cache.tcp]
            listen = 6380
            backend = 6379
            hold-seconds = 7
            max-held = 8
            max-connections = 9
            drain-seconds = 10
            n2 = { listen = 6381 }
            """);

        var n1 = read.TcpOn(new NodeId("n1")).ShouldHaveSingleItem();
        n1.Service.ShouldBe(new ServiceName("cache"));
        n1.Listen.ShouldBe(IPEndPoint.Parse("127.0.0.1:6380"));
        n1.Bounds.ShouldBe(new TcpBounds(TimeSpan.FromSeconds(7), 8, 9, TimeSpan.FromSeconds(10)));
        n1.Backends.Select(backend => $"{backend.Key} {backend.Value}")
            .ShouldBe(["n1 127.0.0.1:6379", "n2 127.0.0.2:6379"], "a witness hosts nothing");
        read.TcpOn(new NodeId("n2")).Single().Listen.ShouldBe(IPEndPoint.Parse("127.0.0.3:6381"));
        read.TcpOn(new NodeId("w")).Single().Listen.ShouldBe(IPEndPoint.Parse("127.0.0.4:6380"));
    }

    [Fact]
    public void What_is_left_out_has_its_default_and_an_external_service_has_nothing_to_lose()
    {
        var read = Valid("tcp = { listen = 6380, backend = 6379 }");

        read.TcpOn(new NodeId("n1")).Single().Bounds
            .ShouldBe(new TcpBounds(TimeSpan.FromSeconds(5), 10_000, 20_000, TimeSpan.Zero));
        var cache = read.Services.Single();
        (cache.Durability, cache.TotalLoss).ShouldBe((Durability.Memory, TotalLoss.StartEmpty));
    }

    [Theory]
    [InlineData("listen = 6380", "listen = 6381")]
    [InlineData("backend = 6379", "backend = 6378")]
    [InlineData("max-held = 8", "max-held = 9")]
    [InlineData("n2 = { listen = 1 }", "n2 = { listen = 2 }")]
    [InlineData("n2 = { listen = 1 }", "n1 = { listen = 1 }")]
    public void All_of_it_is_in_the_fingerprint(string from, string to)
    {
        const string Text = "tcp = { listen = 6380, backend = 6379, max-held = 8, n2 = { listen = 1 } }";
        Valid(Text.Replace(from, to, StringComparison.Ordinal)).Fingerprint.ShouldNotBe(Valid(Text).Fingerprint);
    }

    private static ClusterConfiguration Valid(string text) => ConfigurationFile.Parse(External + text, "c.toml")
        .ShouldBeOfType<ConfigurationResult.Valid>().Configuration;
}
