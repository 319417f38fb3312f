using System.Buffers.Text;
using System.Text.Json;
using Understudy;

namespace Orders;

/// <summary>
/// Writes invoices for what the shop has shipped. It is <em>with</em> the shop: their primaries are on one node, so it
/// asks the shop in its own process, and the two move together.
/// </summary>
public sealed class Invoices : ReplicatedStateService
{
    private const decimal Price = 4.5m;

    private readonly ReplicatedDictionary<long, Invoice> _invoices;
    private readonly IUnderstudyNode _node;

    public Invoices(IUnderstudyNode node)
        : base(new ReplicatedState(OrdersJson.Default))
    {
        _node = node;
        _invoices = State.Dictionary<long, Invoice>("invoices");
    }

    /// <summary>
    /// The invoice of an order, for whichever node was asked with its number; written when first asked for.
    /// </summary>
    public override async ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken)
    {
        if (!Utf8Parser.TryParse(request.Body.Span, out long number, out _))
            return ServiceOutcome.Refuse("Ask with an order's number.");
        var shop = _node.Find<Shop>("shop") ?? throw new NotPrimaryException("shop");
        var order = await shop.FindAsync(number, cancellationToken);
        if (order is not { IsShipped: true }) return ServiceOutcome.Refuse($"Order {number} is not shipped yet.");
        return InTurn(request, (tx, _) =>
        {
            var invoice = new Invoice(number, order.Customer, order.Quantity * Price);
            if (!_invoices.TryAdd(tx, number, invoice)) invoice = _invoices.Get(tx, number);
            return JsonSerializer.SerializeToUtf8Bytes(invoice, OrdersJson.Default.Invoice);
        });
    }
}
