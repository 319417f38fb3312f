using System.Text.Json;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

public sealed class StatusCommandTests : IDisposable
{
    private readonly CommandFixture _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("foo")]
    [InlineData("127.0.0.1")]
    [InlineData("http://foo/")]
    [InlineData("foo:bar")]
    public async Task An_address_without_a_port_is_refused_and_not_looked_up(string address)
    {
        (await _cli.RunAsync("status", "--http", address)).ShouldBe(2);

        _cli.Error.ShouldBe(
            $"understudy: --http {address} is not an address and port. Write, for example, --http 127.0.0.1:7201.\n");
    }

    [Fact]
    public async Task The_status_of_a_node_is_printed_for_people()
    {
        await using var node = await FakeNode.StartAsync(Serialized(Documents.Failing));

        (await _cli.RunAsync("status", "--http", node.Address)).ShouldBe(0);

        _cli.Output.ShouldBe(StatusText.Render(Documents.Failing) + "\n");
    }

    [Fact]
    public async Task The_status_of_a_node_is_printed_as_it_was_sent()
    {
        await using var node = await FakeNode.StartAsync(Serialized(Documents.Failing));

        (await _cli.RunAsync("status", "--http", $"http://{node.Address}", "--json")).ShouldBe(0);

        _cli.Output.ShouldBe(Serialized(Documents.Failing) + "\n");
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_told()
    {
        string address;
        await using (var gone = await FakeNode.StartAsync("")) address = gone.Address;

        (await _cli.RunAsync("status", "--http", address)).ShouldBe(1);

        _cli.Error.ShouldBe(
            $"understudy: no status from {address}: the connection was refused. " +
            "Does a node run there, and is this its \"http\" address of the cluster's file?\n");
    }

    [Fact]
    public async Task Something_that_is_no_node_is_told()
    {
        await using var other = await FakeNode.StartAsync("hello");

        (await _cli.RunAsync("status", "--http", other.Address)).ShouldBe(1);

        _cli.Error.ShouldStartWith($"understudy: no status from {other.Address}: what answers there is no node (");
    }

    [Fact]
    public async Task Something_that_has_no_status_is_told()
    {
        await using var other = await FakeNode.StartAsync((string?)null);

        (await _cli.RunAsync("status", "--http", other.Address)).ShouldBe(1);

        _cli.Error.ShouldStartWith($"understudy: no status from {other.Address}: what answers there says 404. ");
    }

    [Theory]
    [InlineData("https://127.0.0.1:1")]
    [InlineData("a b")]
    public async Task What_is_no_address_is_told(string address)
    {
        (await _cli.RunAsync("status", "--http", address)).ShouldBe(2);

        _cli.Error.ShouldBe(
            $"understudy: --http {address} is not an address and port. Write, for example, --http 127.0.0.1:7201.\n");
    }

    private static string Serialized(StatusDocument document) =>
        JsonSerializer.Serialize(document, ContractsJson.Default.StatusDocument);
}
