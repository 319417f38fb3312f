using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orders;
using Understudy.Kernel;
using Understudy.Services;

namespace Understudy.Tests.Services;

/// <summary>The sample's three applications in this process: real sockets and files, asked by HTTP.</summary>
public sealed class OrdersSampleTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-orders-").FullName;
    private readonly List<WebApplication> _applications = [];
    private readonly HttpClient _client = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(120));

    [Fact]
    public async Task An_order_is_taken_shipped_and_invoiced_at_any_node_and_after_the_loss_of_one()
    {
        await StartAsync();
        var placed = await AskAsync(0, HttpMethod.Post, "orders", new Order("Ada", "tea", 2), key: "order-17");
        placed.ShouldBe((HttpStatusCode.OK, "1"));
        (await AskAsync(1, HttpMethod.Post, "invoices/1")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await AskAsync(2, HttpMethod.Post, "shipments")).ShouldBe((HttpStatusCode.OK, "1"));

        var nodes = _applications.ConvertAll(each => each.Services.GetRequiredService<UnderstudyNode>());
        var primary = nodes.FindIndex(node => node.IsPrimary("shop"));
        await nodes[primary].DisposeAsync(); // Its channels break, and it says nothing.

        var other = (primary + 1) % 3;
        var again = await AskAsync(other, HttpMethod.Post, "orders", new Order("Ada", "tea", 2), key: "order-17");
        again.ShouldBe(placed);
        (await AskAsync(other, HttpMethod.Get, "orders/1")).Text.ShouldContain("\"isShipped\":true");
        (await AskAsync(other, HttpMethod.Get, "orders/2")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await AskAsync(other, HttpMethod.Post, "invoices/1")).Text.ShouldContain("\"amount\":9.0");
        nodes.FindIndex(node => node != nodes[primary] && node.IsPrimary("invoices"))
            .ShouldBe(nodes.FindIndex(node => node != nodes[primary] && node.IsPrimary("shop")));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
        {
            await application.Services.GetRequiredService<UnderstudyNode>().DisposeAsync();
            await application.DisposeAsync();
        }

        _client.Dispose();
        _patience.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        NodeConfiguration[] nodes = [Node("n1"), Node("n2"), Node("n3")];
        foreach (var node in nodes)
        {
            _applications.Add(OrdersApplication.Create(
                options =>
                {
                    options.Node = node.Id.Value;
                    options.DataDirectory = Path.Combine(_folder, node.Id.Value);
                    foreach (var each in nodes) options.Nodes.Add(each);
                },
                "http://127.0.0.1:0"));
        }

        await Task.WhenAll(_applications.Select(each => each.StartAsync(_patience.Token)));
    }

    /// <summary>Asks a node, again while nobody answers; each attempt is held by its gateway.</summary>
    private async Task<(HttpStatusCode Status, string Text)> AskAsync(
        int node, HttpMethod method, string path, Order? order = null, string? key = null)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(method, $"{_applications[node].Urls.First()}/{path}");
            if (order is not null) request.Content = JsonContent.Create(order, OrdersJson.Default.Order);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            using var answer = await _client.SendAsync(request, _patience.Token);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                return (answer.StatusCode, await answer.Content.ReadAsStringAsync(_patience.Token));
        }
    }

    private static NodeConfiguration Node(string id) =>
        new(new NodeId(id), FreeAddress(), FreeAddress(), NodeKind.Voter);

    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
