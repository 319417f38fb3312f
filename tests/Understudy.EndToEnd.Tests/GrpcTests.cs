using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Tickets;
using Understudy.Client;

namespace Understudy.EndToEnd.Tests;

public sealed class GrpcTests : IAsyncLifetime
{
    private SampleCluster _cluster = null!;
    private ServiceProvider _services = null!;
    private BoxOffice.BoxOfficeClient _office = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await SampleCluster.StartAsync("Grpc", "tickets");
        var services = new ServiceCollection();
        services.AddBoxOffice(_cluster.Addresses);
        _services = services.BuildServiceProvider();
        _office = _services.GetRequiredService<BoxOffice.BoxOfficeClient>();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Every_kind_of_call_is_executed_at_the_primary_and_its_trailers_come_back()
    {
        using var sold = _office.SellAsync(new Order { Id = "first" });
        (await sold).Number.ShouldBe(1);
        (await sold.ResponseHeadersAsync).GetValue("understudy-node").ShouldBe(await _cluster.PrimaryAsync());

        using var watching = _office.Watch(new WatchRequest());
        await watching.ResponseHeadersAsync;
        using var many = _office.SellMany();
        foreach (var id in (string[])["second", "third", "first"])
            await many.RequestStream.WriteAsync(new Order { Id = id });
        await many.RequestStream.CompleteAsync();
        (await many).Sold.ShouldBe(3);
        many.GetTrailers().GetValue("sold-by").ShouldBe($"{_cluster[await _cluster.PrimaryAsync()].Pid}");

        using var each = _office.SellEach();
        foreach (var (id, number) in (IEnumerable<(string, long)>)[("second", 2), ("fourth", 4), ("third", 3)])
        {
            await each.RequestStream.WriteAsync(new Order { Id = id });
            (await each.ResponseStream.MoveNext()).ShouldBeTrue();
            each.ResponseStream.Current.Number.ShouldBe(number);
        }

        await each.RequestStream.CompleteAsync();
        (await each.ResponseStream.MoveNext()).ShouldBeFalse();
        foreach (var number in (long[])[2, 3, 4])
        {
            (await watching.ResponseStream.MoveNext()).ShouldBeTrue();
            watching.ResponseStream.Current.Number.ShouldBe(number);
        }

        _cluster.Passed();
    }

    [Fact]
    public async Task Calls_that_are_open_end_when_the_primary_hangs_and_new_ones_go_to_the_next()
    {
        await using var locator = new ServiceLocator(_cluster.Addresses);
        using var channel = GrpcChannel.ForAddress(
            "http://tickets",
            new GrpcChannelOptions { HttpHandler = locator.CreateHandler("tickets"), DisposeHttpClient = true });
        var office = new BoxOffice.BoxOfficeClient(channel); // It repeats nothing by itself.
        (await office.SellAsync(new Order { Id = "before" })).Number.ShouldBe(1);
        using var watching = office.Watch(new WatchRequest());
        await watching.ResponseHeadersAsync;
        using var many = office.SellMany();
        await many.RequestStream.WriteAsync(new Order { Id = "many" });
        await watching.ResponseStream.MoveNext(); // So the last one has reached the primary.

        var hung = await _cluster.PrimaryAsync();
        _cluster[hung].Signal(RealNode.Stop);
        using var one = office.SellAsync(new Order { Id = "one" });

        var failures = await Task.WhenAll(
            FailureAsync(watching.ResponseStream.MoveNext()),
            FailureAsync(many.ResponseAsync),
            FailureAsync(one.ResponseAsync));
        foreach (var failure in failures)
        {
            failure.StatusCode.ShouldBeOneOf(StatusCode.Unknown, StatusCode.Internal);
            failure.Status.Detail.ShouldContain("not known");
        }

        failures[0].Status.Detail.ShouldContain("the primary has moved");
        (await office.SellAsync(new Order { Id = "before" })).Number.ShouldBe(1);
        (await _cluster.PrimaryAsync(without: hung)).ShouldNotBe(hung);
        _cluster.Passed();
    }

    [Fact]
    public async Task The_sample_s_buyer_gets_every_ticket_once_while_the_primary_is_killed()
    {
        using var buyer = Process.Start(
            new ProcessStartInfo("dotnet", [Repository.Find("Grpc"), "buy", "20", .. _cluster.Addresses])
            {
                RedirectStandardOutput = true,
            })!;
        List<string> said = [];
        while (await buyer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            said.Add(line);
            if (said.Count == 5) _cluster[await _cluster.PrimaryAsync()].Signal(RealNode.Kill);
        }

        await buyer.WaitForExitAsync(TestContext.Current.CancellationToken);
        buyer.ExitCode.ShouldBe(0);
        said.Select(line => line.Split(" from ")[0]).ShouldBe(Enumerable.Range(1, 20).Select(n => $"ticket {n}"));
        said.Select(line => line.Split(" from ")[1]).Distinct().Count().ShouldBe(2);
        _cluster.Passed();
    }

    private static async Task<RpcException> FailureAsync(Task call) => await Should.ThrowAsync<RpcException>(call);
}
