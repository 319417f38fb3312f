using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tickets;
using Understudy.Client;

namespace Understudy.EndToEnd.Tests;

/// <summary>The C# of docs/clients.md, word for word, but for where the nodes are.</summary>
internal static class DocumentedClients
{
    public static async Task FollowAsync(string[] args, string[] nodes)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddHttpClient("kv").FollowPrimary("kv", nodes);
        using var host = builder.Build();

        var kv = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("kv");
        await kv.PutAsync("keys/greeting", new StringContent("hello"));
        Console.WriteLine(await kv.GetStringAsync("keys/greeting"));
    }

    public static async Task LocateAsync(string[] nodes)
    {
        await using var locator = new ServiceLocator(nodes);
        var place = await locator.FindPrimaryAsync("kv");
        Console.WriteLine($"kv is at {place.Url}");
    }

    public static async Task CallAsync(string[] nodes)
    {
        await using var locator = new ServiceLocator(nodes);
        using var channel = GrpcChannel.ForAddress("http://tickets", new GrpcChannelOptions
        {
            HttpHandler = locator.CreateHandler("tickets"),
            DisposeHttpClient = true,
        });
        var office = new BoxOffice.BoxOfficeClient(channel);
        Console.WriteLine(await office.SellAsync(new Order { Id = "mine" }));
    }

    /// <summary>What the examples said, in order.</summary>
    public static List<string> Said { get; } = [];

    private static class Console
    {
        public static void WriteLine(object line) => Said.Add($"{line}");
    }
}
