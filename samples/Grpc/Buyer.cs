using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Understudy;

namespace Tickets;

/// <summary>A client that buys tickets from whichever node is primary.</summary>
public static class Buyer
{
    /// <summary>
    /// A call that was certainly not executed is UNAVAILABLE, and one that may have been is UNKNOWN. Both may be
    /// repeated here, since an order has an id.
    /// </summary>
    private static readonly MethodConfig _sell = new()
    {
        Names = { new MethodName { Service = "BoxOffice", Method = "Sell" } },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 5,
            InitialBackoff = TimeSpan.FromMilliseconds(50),
            MaxBackoff = TimeSpan.FromSeconds(2),
            BackoffMultiplier = 3,
            RetryableStatusCodes = { StatusCode.Unavailable, StatusCode.Unknown },
        },
    };

    /// <summary>Adds the client of gRPC, which follows the primary.</summary>
    public static void AddBoxOffice(this IServiceCollection services, params string[] nodes)
    {
        var office = services
            .AddGrpcClient<BoxOffice.BoxOfficeClient>(options => options.Address = new Uri("http://tickets"))
            .FollowPrimary("tickets", nodes);
        office.ConfigureChannel(channel => channel.ServiceConfig = new ServiceConfig { MethodConfigs = { _sell } });
    }

    /// <summary>Buys so many tickets, ten a second.</summary>
    public static async Task BuyAsync(int count, string[] nodes)
    {
        var services = new ServiceCollection();
        services.AddBoxOffice(nodes);
        await using var provider = services.BuildServiceProvider();
        var office = provider.GetRequiredService<BoxOffice.BoxOfficeClient>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var bought = 0; bought < count; bought++)
        {
            using var call = office.SellAsync(new Order { Id = Guid.NewGuid().ToString("N") });
            var ticket = await call;
            var headers = await call.ResponseHeadersAsync;
            Console.WriteLine($"ticket {ticket.Number} from {headers.GetValue("understudy-node")}");
            await pace.WaitForNextTickAsync();
        }
    }
}
