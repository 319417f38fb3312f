using System.Net;
using Understudy.Kernel;

namespace Understudy.Tests;

public sealed class HttpReaderTests
{
    private const string Shop = """
        cluster = "web"
        [node.n1]
        address = "127.0.0.1:7101"
        http = "127.0.0.1:7201"
        [node.n2]
        address = "127.0.0.2:7102"
        http = "127.0.0.2:7202"
        [service.shop]
        kind = "external"

        """;

    /// <summary>Every mistake that the table can have: its text, and the whole of what is said about it.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "http = 8080", "c.toml:10:1: \"http\" in [service.shop] must be a table. Write [service.shop.http] on a " +
            "line of its own." },
        { "http = { http2 = true }",
            "c.toml:10:1: [service.shop.http] has no \"backend\". Add a line backend = 8080." },
        { "http = { backend = 0 }",
            "c.toml:10:10: backend = 0 in [service.shop.http] is out of range. It is a number " +
            "of a port from 1 to 65535." },
        { "http = { backend = 1, http2 = 1 }",
            "c.toml:10:23: http2 in [service.shop.http] must be true or false, not " +
            "a number. Write http2 = true or http2 = false, without quotes." },
        { "http = { backend = 1, drain = 1 }", "c.toml:10:23: unknown key \"drain\" in [service.shop.http]. The keys " +
            "here are backend, http2, drain-seconds, n1, n2." },
        { "http = { backend = 1, n2 = { } }", "c.toml:10:23: [service.shop.http.n2] has no \"backend\". Add a line " +
            "backend = 8080." },
        { "http = { backend = 7202 }",
            "c.toml:8:2: the program of shop cannot listen at 127.0.0.2:7202 on n2: that is " +
            "the http of n2. Clients ask the node's http, and the program listens at backend: give them different " +
            "ports." },
        { "http = { backend = 1 }\n[service.keys]\nkind = \"kv\"\nhttp = { backend = 2 }",
            "c.toml:13:1: \"http\" means " +
            "nothing to a service of kind \"kv\". Its requests are answered by its own code: remove it, or write " +
            "kind = \"external\"." },
        { "http = { backend = 1 }\nhosts = \"a\"",
            "c.toml:11:1: hosts in [service.shop] must be a list of strings, not " +
            "a string. Write hosts = [\"shop.example.com\"]." },
        { "http = { backend = 1 }\nhosts = [\"a:80\"]",
            "c.toml:11:1: \"a:80\" is not the name of a host. Write names " +
            "or addresses without port and path, such as hosts = [\"shop.example.com\"]." },
        { "http = { backend = 1 }\nhosts = [\"a\"]\n[service.keys]\nkind = \"kv\"\nhosts = [\"b\", \"A\"]",
            "c.toml:14:1: the host \"A\" leads to keys and to shop (line 11). Give each host to one service." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Every_mistake_has_a_message_with_its_place(string lines, string message) =>
        ConfigurationFile.Parse(Shop + lines, "c.toml").ShouldBeOfType<ConfigurationResult.Invalid>()
            .Problems.Select(problem => problem.ToString()).ShouldBe([message]);

    [Fact]
    public void A_program_listens_at_each_node_s_own_address_and_port()
    {
        var read = Valid("http = { backend = 8080, http2 = true, drain-seconds = 3, n2 = { backend = 8082 } }");
        var backend = read.HttpBackends().Single();
        backend.Service.ShouldBe(new ServiceName("shop"));
        backend.Urls.Select(url => $"{url.Key} {url.Value}").ShouldBe(
            ["n1 http://127.0.0.1:8080", "n2 http://127.0.0.2:8082"]);
        backend.IsHttp2.ShouldBeTrue();
        (backend.Bounds.Drain, backend.Bounds.Hold).ShouldBe((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_service_has_hosts_of_its_own()
    {
        var read = Valid("http = { backend = 1 }\nhosts = [\"Shop.example.com\", \"127.0.0.9\"]");
        read.ServicesByHost()["shop.EXAMPLE.com"].ShouldBe(new ServiceName("shop"));
        read.ServicesByHost().Count.ShouldBe(2);
        read.Fingerprint.ShouldNotBe(Valid("http = { backend = 1 }").Fingerprint);
    }

    [Fact]
    public void Nodes_whose_files_name_other_backends_do_not_agree()
    {
        var one = Valid("http = { backend = 8080 }");
        one.Fingerprint.ShouldBe(Valid("http.backend = 8080").Fingerprint);
        one.Fingerprint.ShouldNotBe(Valid("http = { backend = 8081 }").Fingerprint);
        one.Fingerprint.ShouldNotBe(Valid("http = { backend = 8080, n1 = { backend = 1 } }").Fingerprint);
    }

    private static ClusterConfiguration Valid(string lines) =>
        ConfigurationFile.Parse(Shop + lines, "c.toml").ShouldBeOfType<ConfigurationResult.Valid>().Configuration;
}
