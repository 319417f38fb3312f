using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests;

public sealed class HoldReaderTests
{
    private const string File = """
        cluster = "web"
        [node.n1]
        address = "127.0.0.1:7101"
        http = "127.0.0.1:7201"
        [service.kv]
        kind = "kv"

        """;

    /// <summary>Every mistake that the table can have: its text, and the whole of what is said about it.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "hold = 5", "c.toml:7:1: \"hold\" in [service.kv] must be a table. " +
            "Write [service.kv.hold] on a line of its own." },
        { "holt = { seconds = 5 }", "c.toml:7:1: unknown key \"holt\" in [service.kv]. Did you mean \"hold\"?" },
        { "hold = { max-request = 5 }", "c.toml:7:10: unknown key \"max-request\" in [service.kv.hold]. " +
            "Did you mean \"max-requests\"?" },
        { "[service.kv.hold]\nmax-requests = 0", "c.toml:8:1: max-requests = 0 in [service.kv.hold] is out of range. " +
            "It is a number of requests from 1 to 1000000." },
        { "[service.kv.hold]\nmax-bytes = 1000", "c.toml:8:1: max-bytes = 1000 in [service.kv.hold] is out of range. " +
            "It is a number of bytes from 2097152 to 1073741824." },
        { "[service.kv.hold]\nseconds = \"5\"", "c.toml:8:1: seconds in [service.kv.hold] must be a whole number, " +
            "not a string. Write seconds = 2, for example, without quotes." },
        { "[service.kv.hold]\nseconds = 0", "c.toml:8:1: seconds = 0 in [service.kv.hold] is out of range. " +
            "It is a number of seconds from 1 to 3600." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_gets_one_clear_message(string text, string expected)
    {
        var read = ConfigurationFile.Parse(File + text, "c.toml");
        string.Join('\n', read.ShouldBeOfType<ConfigurationResult.Invalid>().Problems).ShouldBe(expected);
    }

    [Fact]
    public void Each_service_has_its_own_bounds_and_what_is_not_said_is_as_usual()
    {
        var read = Valid(File + """
            hold = { max-requests = 7, max-bytes = 4_000_000, seconds = 60 }
            [service.orders]
            kind = "kv"
            hold = { max-requests = 8 }
            [service.users]
            kind = "kv"
            """);
        read.BoundsOf(new ServiceName("kv")).ShouldBe(new HoldBounds(7, 4_000_000, TimeSpan.FromSeconds(60)));
        read.BoundsOf(new ServiceName("orders")).ShouldBe(new HoldBounds(8, 64 << 20, TimeSpan.FromSeconds(5)));
        var usual = new HoldBounds(10_000, 64 << 20, TimeSpan.FromSeconds(5));
        read.BoundsOf(new ServiceName("users")).ShouldBe(usual);
        read.BoundsOf(new ServiceName("added-by-an-operator"))
            .ShouldBe(usual with { Time = TimeSpan.FromSeconds(60) }, "as much time as any");
        read.LongestHold.ShouldBe(TimeSpan.FromSeconds(60));
        (read with { Profile = Profile.Wan }).BoundsOf(new ServiceName("users")).Time
            .ShouldBe(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void A_tcp_connection_waits_as_long_as_a_request_unless_it_is_said()
    {
        const string External = File + "[service.cache]\nkind = \"external\"\nhold = { seconds = 9 }\n";
        HoldOf(External + "tcp = { listen = 1, backend = 2 }").ShouldBe(TimeSpan.FromSeconds(9));
        HoldOf(External + "tcp = { listen = 1, backend = 2, hold-seconds = 3 }").ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Files_with_other_bounds_are_other_files()
    {
        var usual = Valid(File);
        Valid(File + "hold = { max-requests = 7 }").Fingerprint.ShouldNotBe(usual.Fingerprint);
        Valid(File + "hold = { max-requests = 10_000 }").Fingerprint.ShouldBe(usual.Fingerprint);
    }

    private static TimeSpan HoldOf(string text) => Valid(text).TcpOn(new NodeId("n1")).Single().Bounds.Hold;

    private static ClusterConfiguration Valid(string text) =>
        ConfigurationFile.Parse(text, "c.toml").ShouldBeOfType<ConfigurationResult.Valid>().Configuration;
}
