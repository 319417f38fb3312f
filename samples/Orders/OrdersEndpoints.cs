using System.Globalization;
using System.Text;
using System.Text.Json;
using Understudy;
using Understudy.Protocol;

namespace Orders;

/// <summary>
/// The HTTP side. Any node may be asked: a request is handled where the primary is, and held while there is none.
/// </summary>
public static class OrdersEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapPost("/orders", (IUnderstudyNode node, Order order, HttpRequest http) =>
            AskShopAsync(node, new PlaceOrder(order), http));
        app.MapPost("/shipments", (IUnderstudyNode node, HttpRequest http) =>
            AskShopAsync(node, new ShipNext(), http));
        app.MapGet("/orders/{number:long}", (IUnderstudyNode node, long number, HttpRequest http) =>
            AskShopAsync(node, new FindOrder(number), http));
        app.MapPost("/invoices/{number:long}", (IUnderstudyNode node, long number, HttpRequest http) => AskAsync(
            node, "invoices", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), http));
    }

    private static Task<IResult> AskShopAsync(IUnderstudyNode node, ShopRequest request, HttpRequest http) =>
        AskAsync(node, "shop", JsonSerializer.SerializeToUtf8Bytes(request, OrdersJson.Default.ShopRequest), http);

    private static async Task<IResult> AskAsync(IUnderstudyNode node, string service, byte[] body, HttpRequest http)
    {
        // A client that was not answered asks again with the same key, at any node: the order is taken once.
        string? key = http.Headers["Idempotency-Key"];
        var reply = await node.SendAsync(
            service, body, HttpMethods.IsGet(http.Method), key, http.HttpContext.RequestAborted);
        var text = Encoding.UTF8.GetString(reply.Body.Span);
        return reply.Outcome switch
        {
            ReplyOutcome.Answered when text == "null" => Results.NotFound(),
            ReplyOutcome.Answered => Results.Text(text, "application/json"),
            ReplyOutcome.Refused => Results.Problem(text, statusCode: StatusCodes.Status409Conflict),
            ReplyOutcome.KeyReused => Results.Problem(text, statusCode: StatusCodes.Status422UnprocessableEntity),
            _ => Results.Problem(text, statusCode: StatusCodes.Status503ServiceUnavailable),
        };
    }
}
