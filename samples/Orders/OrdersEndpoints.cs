using System.Globalization;
using System.Text;
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
        // Run where the shop is primary; an order with an Idempotency-Key is taken once, however often it is sent.
        var orders = app.MapService("shop");
        orders.MapPost("/orders", (Shop shop, Order order) => shop.PlaceAsync(order));
        orders.MapPost("/shipments", async (Shop shop) =>
            await shop.ShipNextAsync() is { } number ? Results.Ok(number) : Results.NotFound());
        orders.MapGet("/orders/{number:long}", async (Shop shop, long number) =>
            await shop.FindAsync(number) is { } order ? Results.Ok(order) : Results.NotFound());

        // The same by hand, for a service that takes requests in a format of its own.
        app.MapPost("/invoices/{number:long}", (IUnderstudyNode node, long number, HttpRequest http) => AskAsync(
            node, "invoices", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), http));
    }

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
            ReplyOutcome.Unknown => Results.Problem(text, statusCode: StatusCodes.Status502BadGateway),
            _ => Results.Problem(text, statusCode: StatusCodes.Status503ServiceUnavailable),
        };
    }
}
