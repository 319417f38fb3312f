using Grpc.Core;

namespace Tickets;

/// <summary>
/// The calls, at the primary. They run side by side and not in turns, so a call that was broken off may have been
/// executed: what sells a ticket takes the buyer's id of the order, by which a repetition is known.
/// </summary>
public sealed class BoxOfficeCalls(BoxOfficeState state) : BoxOffice.BoxOfficeBase
{
    public override async Task<Ticket> Sell(Order request, ServerCallContext context) =>
        new() { Number = await state.SellAsync(request.Id, context.CancellationToken) };

    public override async Task Watch(
        WatchRequest request, IServerStreamWriter<Ticket> responseStream, ServerCallContext context)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var told = await state.LastAsync(context.CancellationToken);
        await context.WriteResponseHeadersAsync([]);
        while (await pace.WaitForNextTickAsync(context.CancellationToken))
        {
            var last = await state.LastAsync(context.CancellationToken);
            while (told < last) await responseStream.WriteAsync(new Ticket { Number = ++told });
        }
    }

    public override async Task<Receipt> SellMany(IAsyncStreamReader<Order> requestStream, ServerCallContext context)
    {
        var receipt = new Receipt();
        await foreach (var order in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await state.SellAsync(order.Id, context.CancellationToken);
            receipt.Sold++;
        }

        context.ResponseTrailers.Add("sold-by", Environment.ProcessId.ToString());
        return receipt;
    }

    public override async Task SellEach(
        IAsyncStreamReader<Order> requestStream,
        IServerStreamWriter<Ticket> responseStream,
        ServerCallContext context)
    {
        await foreach (var order in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var number = await state.SellAsync(order.Id, context.CancellationToken);
            await responseStream.WriteAsync(new Ticket { Number = number });
        }
    }
}
