using CsCheck;

namespace Understudy.Tests.Collections;

/// <summary>Random transactions against plain collections of .NET, by way of checkpoints and snapshots.</summary>
public sealed class ReplicatedStateModelTests
{
    private static readonly Gen<Step> Steps =
        Gen.Select(Gen.Int[0, 10], Gen.Int[0, 6], Gen.Int[-3, 99], (kind, key, value) => new Step(kind, key, value));

    private static readonly Gen<Step[][]> Transactions = Steps.Array[0, 6].Array[0, 12];

    [Fact]
    public async Task All_providers_are_as_the_model_after_every_transaction() => await Transactions.SampleAsync(
        async transactions =>
        {
            var (primary, sink) = Shop.Open();
            var secondary = new Shop();
            var model = new ShopModel();
            foreach (var steps in transactions)
            {
                await RunAsync(primary, model, steps);
                primary.Text().ShouldBe(model.Text());
            }

            foreach (var checkpoint in sink.Checkpoints) secondary.State.ApplyCheckpoint(checkpoint);
            var joining = new Shop();
            var snapshot = secondary.Save();
            joining.Load(snapshot);

            secondary.Text().ShouldBe(model.Text());
            joining.Text().ShouldBe(model.Text());
            secondary.State.Digest().ShouldBe(primary.State.Digest());
            joining.State.Digest().ShouldBe(primary.State.Digest());
            primary.Save().ShouldBe(snapshot);
        },
        iter: 2_000,
        print: transactions => string.Join("; ", transactions.Select(steps => string.Join(", ", steps))));

    private static async Task RunAsync(Shop shop, ShopModel model, Step[] steps)
    {
        var attempt = model.Copy();
        try
        {
            await shop.State.TransactionAsync(tx =>
            {
                foreach (var step in steps) Run(shop, tx, attempt, step);
            });
            model.Take(attempt);
        }
        catch (InvalidDataException)
        {
            // The model stays as it was, and so must the shop.
        }
    }

    private static void Run(Shop shop, ReplicatedTransaction tx, ShopModel model, Step step)
    {
        var order = new Order($"c{step.Value}", step.Value);
        switch (step.Kind)
        {
            case 0 or 1: shop.Orders.Set(tx, step.Key, order); break;
            case 2: shop.Orders.Remove(tx, step.Key).ShouldBe(model.Orders.ContainsKey(step.Key)); break;
            case 3 or 4: shop.Shipments.Enqueue(tx, step.Value); break;
            case 5: shop.Shipments.TryDequeue(tx, out _).ShouldBe(model.Shipments.Count > 0); break;
            case 6: shop.Numbers.Increment(tx, step.Value).ShouldBe(model.Number + step.Value); break;
            case 7: shop.Motto.Set(tx, $"m{step.Value}"); break;
            case 8 when step.Key == 0: shop.Orders.Clear(tx); break;
            case 8 when step.Key == 1: shop.Shipments.Clear(tx); break;
            case 8: shop.Motto.Clear(tx); break;
            case 9 when step.Key == 0: throw new InvalidDataException();
            default: shop.Orders.TryGet(tx, step.Key, out _).ShouldBe(model.Orders.ContainsKey(step.Key)); break;
        }

        model.Run(step);
    }
}
