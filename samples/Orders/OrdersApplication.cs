using Understudy;

namespace Orders;

/// <summary>The whole application, so that a test can start it as the program does.</summary>
public static class OrdersApplication
{
    /// <param name="configure">Says which node of which cluster this is.</param>
    /// <param name="url">Where its HTTP side listens.</param>
    public static WebApplication Create(Action<UnderstudyOptions> configure, string url)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(url);
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, OrdersJson.Default));
        builder.AddUnderstudy(configure).AddOrders();
        var app = builder.Build();
        app.MapOrders();
        return app;
    }
}
