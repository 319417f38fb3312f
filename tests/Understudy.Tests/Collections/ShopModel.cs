namespace Understudy.Tests.Collections;

/// <summary>What a shop is in plain collections.</summary>
internal sealed class ShopModel
{
    public SortedDictionary<long, Order> Orders { get; private set; } = [];

    public Queue<long> Shipments { get; private set; } = [];

    public long Number { get; private set; }

    public string Motto { get; private set; } = "open";

    public ShopModel Copy()
    {
        var copy = new ShopModel();
        copy.Take(this);
        (copy.Orders, copy.Shipments) = (new(Orders), new(Shipments));
        return copy;
    }

    public void Take(ShopModel other) =>
        (Orders, Shipments, Number, Motto) = (other.Orders, other.Shipments, other.Number, other.Motto);

    public void Run(Step step)
    {
        switch (step.Kind)
        {
            case 0 or 1: Orders[step.Key] = new Order($"c{step.Value}", step.Value); break;
            case 2: Orders.Remove(step.Key); break;
            case 3 or 4: Shipments.Enqueue(step.Value); break;
            case 5: Shipments.TryDequeue(out _); break;
            case 6: Number += step.Value; break;
            case 7: Motto = $"m{step.Value}"; break;
            case 8 when step.Key == 0: Orders.Clear(); break;
            case 8 when step.Key == 1: Shipments.Clear(); break;
            case 8: Motto = "open"; break;
        }
    }

    public string Text() => string.Join(
        " | ",
        string.Join(",", Orders.Select(entry => $"{entry.Key}:{entry.Value.Customer}:{entry.Value.Amount}")),
        string.Join(",", Shipments),
        Number,
        Motto);
}
