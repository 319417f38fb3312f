using System.Net;

namespace Understudy.EndToEnd.Tests;

/// <summary>Requests for programs that are not ours, through real nodes that are killed.</summary>
public sealed class HttpBackendTests
{
    [Fact]
    public async Task Any_node_forwards_to_the_primary_s_program_by_path_and_by_host_name()
    {
        await using var shop = await HttpShop.StartAsync();
        var primary = await shop.Nodes.PrimaryAsync();
        foreach (var node in shop.Nodes.Nodes.Keys)
        {
            foreach (var path in (string[])["/svc/shop/a%2Fb?c=d", "/a%2Fb?c=d"])
            {
                using var answer = await shop.SendAsync(node, HttpMethod.Get, path);
                (await answer.Content.ReadAsStringAsync()).ShouldBe(primary);
            }
        }

        shop.Seen.ShouldAllBe(seen => seen == $"{primary} GET /a%2Fb?c=d HTTP/1.1");
        shop.Nodes.Passed();
    }

    [Fact]
    public async Task When_the_primary_dies_a_change_without_a_key_is_told_so_and_all_else_goes_on_at_the_next()
    {
        await using var shop = await HttpShop.StartAsync();
        var primary = await shop.Nodes.PrimaryAsync();
        shop.Keeper = primary;
        var others = shop.Nodes.Nodes.Keys.Where(id => id != primary).ToArray();
        var unkeyed = shop.SendAsync(others[0], HttpMethod.Post, "/svc/shop/held", "one");
        var empty = shop.SendAsync(others[0], HttpMethod.Post, "/svc/shop/held");
        var keyed = shop.SendAsync(others[1], HttpMethod.Post, "/svc/shop/held", "two", key: "k");
        var read = shop.SendAsync(others[0], HttpMethod.Get, "/held");
        for (var number = 0; number < 4; number++)
            (await shop.Kept.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        shop.Kill(primary);

        (await unkeyed).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await empty).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        using var again = await keyed;
        using var got = await read;
        var next = await shop.Nodes.PrimaryAsync(primary);
        (await again.Content.ReadAsStringAsync()).ShouldBe(next);
        (await got.Content.ReadAsStringAsync()).ShouldBe(next);
        shop.Seen.Order().ShouldBe(((string[])
        [
            $"{primary} POST /held HTTP/1.1",
            $"{primary} POST /held HTTP/1.1",
            $"{primary} POST /held HTTP/1.1",
            $"{primary} GET /held HTTP/1.1",
            $"{next} POST /held HTTP/1.1",
            $"{next} GET /held HTTP/1.1",
        ]).Order());
        shop.Nodes.Passed();
    }

    [Fact]
    public async Task While_the_primary_is_moved_requests_wait_and_then_go_to_the_next()
    {
        await using var shop = await HttpShop.StartAsync();
        var primary = await shop.Nodes.PrimaryAsync();
        var next = shop.Nodes.Nodes.Keys.First(id => id != primary);
        using var stop = new CancellationTokenSource();
        var begun = new CountdownEvent(20);
        var asking = Task.Run(() => AskAsync(shop, next, begun, stop.Token));
        begun.Wait(TestContext.Current.CancellationToken);
        await OperatorLine.DoAsync(shop.Nodes[primary], "switchover", "shop", "--to", next);
        using var after = await shop.SendAsync(primary, HttpMethod.Post, "/after", "x");
        (await after.Content.ReadAsStringAsync()).ShouldBe(next);
        await stop.CancelAsync();
        await asking;
        shop.Nodes.Passed();
    }

    /// <summary>Reads, one after another, none of which fails.</summary>
    private static async Task AskAsync(HttpShop shop, string node, CountdownEvent begun, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var answer = await shop.SendAsync(node, HttpMethod.Get, "/svc/shop/a");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            if (!begun.IsSet) begun.Signal();
        }
    }
}
