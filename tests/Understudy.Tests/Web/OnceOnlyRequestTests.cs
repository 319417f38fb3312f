using System.Net;

namespace Understudy.Tests.Web;

public sealed class OnceOnlyRequestTests : IAsyncLifetime
{
    private WebCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await WebCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_repeated_key_gets_the_first_answer_from_every_node_and_after_a_failover()
    {
        var first = await _cluster.AskAsync(_cluster.Nodes[0], "/notes", HttpMethod.Post, "once", key: "k");
        first.ShouldBe($"1 at {_cluster.Primary.Node}");
        await _cluster.KillAsync(_cluster.Primary);
        foreach (var node in _cluster.Others.ToArray())
            (await _cluster.AskAsync(node, "/notes", HttpMethod.Post, "once", key: "k")).ShouldBe(first);
        using var response = await _cluster.SendAsync(
            new Uri(_cluster.Primary.HttpAddress, "/svc/ledger/notes"), HttpMethod.Post, "once", key: "k");
        (await response.Content.ReadAsStringAsync()).ShouldBe(first, "the gateway is another way to the same");
        (await _cluster.AskAsync(_cluster.Primary, "/notes")).ShouldBe("1 once");
    }

    [Theory]
    [InlineData("/notes", "another body")]
    [InlineData("/notes?another=target", "once")]
    [InlineData("/both", "once")]
    public async Task The_same_key_with_another_request_is_refused(string path, string body)
    {
        await _cluster.AskAsync(_cluster.Nodes[0], "/notes", HttpMethod.Post, "once", key: "k");
        using var other = await _cluster.SendAsync(
            _cluster.Url(_cluster.Nodes[1], path), HttpMethod.Post, body, key: "k");
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await _cluster.AskAsync(_cluster.Primary, "/notes")).ShouldBe("1 once");
    }

    [Fact]
    public async Task Concurrent_duplicates_get_the_answer_of_the_first()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(number =>
            _cluster.AskAsync(_cluster.Nodes[number % 3], "/notes", HttpMethod.Post, "once", key: "k")));
        answers.Distinct().Count().ShouldBe(1);
        (await _cluster.AskAsync(_cluster.Primary, "/notes")).ShouldBe("1 once");
    }

    [Fact]
    public async Task All_transactions_of_a_request_are_one_checkpoint()
    {
        (await _cluster.AskAsync(_cluster.Nodes[0], "/both", HttpMethod.Post, key: "k")).ShouldBe("1 2");
        (await _cluster.AskAsync(_cluster.Nodes[1], "/both", HttpMethod.Post, key: "k")).ShouldBe("1 2");
        await _cluster.KillAsync(_cluster.Primary);
        (await _cluster.AskAsync(_cluster.Others.First(), "/notes")).ShouldBe("2 two");
        (await _cluster.AskAsync(_cluster.Others.First(), "/both", HttpMethod.Post)).ShouldBe("3 4");
    }

    [Fact]
    public async Task An_endpoint_that_failed_and_changed_nothing_is_run_again_under_its_key()
    {
        for (var number = 1; number <= 2; number++)
        {
            using var failed = await _cluster.SendAsync(
                _cluster.Url(_cluster.Nodes[number], "/fail"), HttpMethod.Post, key: "k");
            failed.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
            _cluster.Failures.ShouldBe(number);
        }

        (await _cluster.AskAsync(_cluster.Nodes[0], "/notes", HttpMethod.Post, "goes on"))
            .ShouldBe($"1 at {_cluster.Primary.Node}");
    }

    [Fact]
    public async Task A_key_that_cannot_be_is_refused()
    {
        using var response = await _cluster.SendAsync(
            _cluster.Url(_cluster.Nodes[0], "/notes"), HttpMethod.Post, "x", key: new string('k', 257));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
