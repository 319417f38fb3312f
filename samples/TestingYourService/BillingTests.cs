using Microsoft.Extensions.DependencyInjection;
using PrimaryOnly;
using Understudy.Testing;

namespace TestingYourService;

/// <summary>
/// How to test a worker: that it moves when its node is gone, and that it never runs twice at once.
/// </summary>
public sealed class BillingTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void When_the_node_of_the_billing_is_killed_another_one_bills_and_never_both() => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions
        {
            Seeds = 10,
            ConfigureServices = (_, services) =>
                services.AddSingleton(new Ledger(_file, TimeSpan.FromMilliseconds(20))),
        },
        understudy =>
        {
            File.WriteAllText(_file, ""); // One ledger for each seed.
            understudy.AddPrimaryOnly<Billing>("nightly-billing");
        },
        async cluster =>
        {
            await cluster.UntilAsync(_ => Bills().Length > 0, "something is billed");
            var reign = Bills()[^1];
            cluster.PrimaryOf("nightly-billing").Kill();
            await cluster.FailoverAsync("nightly-billing");
            await cluster.UntilAsync(_ => Bills()[^1] > reign, "another node bills");
            Assert.Equal(Bills().Order(), Bills()); // Once a later reign bills, no earlier one does.
        });

    public void Dispose() => File.Delete(_file);

    /// <summary>The version of the fencing token of each bill, in their order.</summary>
    private long[] Bills() => [.. File.ReadLines(_file).Select(line => long.Parse(line.Split(' ')[0]))];
}
