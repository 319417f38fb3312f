using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>Many clients through many faults. How many, the environment says: see <see cref="StormOptions"/>.</summary>
public class StormTests
{
    /// <summary>Each program has so many clients; they share what it knows of the cluster, and its connections.</summary>
    private const int ClientsOfAProgram = 100;

    private const string Kv = "[service.kv]\nkind = \"kv\"\nsecondaries = 2\nspares = 1\n";

    [Fact]
    public async Task No_client_sees_an_error_through_mixed_faults_nothing_is_lost_and_nothing_done_twice()
    {
        var options = StormOptions.FromEnvironment();
        Say($"{options}");
        const string NoVote = "voter = false";
        await using var cluster = await RealCluster.StartAsync(
            [("n1", ""), ("n2", ""), ("n3", ""), ("n4", NoVote), ("n5", NoVote)], Kv, options.Profile);
        using var reader = cluster.Client();
        var ledger = new StormLedger();
        foreach (var key in StormClient.Shared)
        {
            var begun = ledger.Now;
            await reader.PutAsync(key, "0");
            ledger.Shared(key, KvOperationKind.Put, begun, 0);
        }

        Uri[] nodes = [.. cluster.Nodes.Values.Select(node => node.Http)];
        using var http = GatewayWay.CreateClient();
        ServiceProvider[] programs =
        [
            .. Enumerable.Range(0, (options.Clients + ClientsOfAProgram - 1) / ClientsOfAProgram)
                .Select(_ => LibraryWay.CreateProgram(nodes)),
        ];
        var seeds = new Random(options.Seed);
        StormClient[] clients =
        [
            .. Enumerable.Range(0, options.Clients).SelectMany(number => new StormClient[]
            {
                new(number, new GatewayWay(http, nodes, number), ledger, options.Think, seeds.Next()),
                new(number, LibraryWay.Of(programs[number / ClientsOfAProgram]), ledger, options.Think, seeds.Next()),
            }),
        ];

        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(clients.Select(client => client.RunAsync(stop.Token)));
        var made = await BlowAsync(new StormFaults(cluster, options.Seed), ledger, options);
        await stop.CancelAsync();
        await running;

        var (lost, duplicated) = await CountAsync(clients, ledger, reader);
        Say(StormReport.Of(ledger, made, lost, duplicated));
        foreach (var program in programs) await program.DisposeAsync();
        ledger.Problems.ShouldBeEmpty();
        (lost, duplicated).ShouldBe((0, 0));
        LinearizabilityChecker.Check(ledger.History).Verdict.ShouldBe(Verdict.Linearizable);
        cluster.Passed();
    }

    /// <summary>Makes the faults, each when all clients have asked something since the last.</summary>
    private static async Task<List<StormFault>> BlowAsync(
        StormFaults faults, StormLedger ledger, StormOptions options)
    {
        List<StormFault> made = [];
        while (made.Count < options.Faults && ledger.Problems.Count < options.Clients / 2)
        {
            await ledger.GoOnAsync(options.Clients);
            var (kind, make) = faults.Next();
            var fault = new StormFault(made.Count + 1, kind);
            made.Add(fault);
            ledger.During(fault);
            var begun = ledger.Now;
            await faults.MakeAsync(fault, make);
            ledger.During(null);
            var longest = string.Join(", ", fault.Longest.Select(l => $"{l.Key} {l.Value.TotalMilliseconds:0} ms"));
            var took = (ledger.Now - begun).TotalSeconds;
            Say($"{begun.TotalSeconds,7:0.0} s  {fault}: whole after {took:0.0} s; longest: {longest}; "
                + $"{ledger.Problems.Count} problems");
        }

        await ledger.GoOnAsync(options.Clients);
        return made;
    }

    /// <summary>How much of what was acknowledged is not there, and how much is there that was not.</summary>
    private static async Task<(long Lost, long Duplicated)> CountAsync(
        StormClient[] clients, StormLedger ledger, ClusterClient reader)
    {
        var (lost, duplicated) = (0L, 0L);
        var hasFailed = clients.Any(client => client.HasFailed);
        await Parallel.ForEachAsync(clients, async (client, _) =>
            await Compare(client.Counter, client.Acknowledged, client.HasFailed));
        foreach (var key in StormClient.Shared)
        {
            var acknowledged = ledger.History.LongCount(
                operation => operation.Key == key && operation.Kind == KvOperationKind.Increment);
            await Compare(key, acknowledged, hasFailed);
        }

        return (lost, duplicated);

        async Task Compare(string key, long acknowledged, bool mayHaveOneMore)
        {
            var text = await reader.GetAsync(key);
            var value = text is null ? 0 : long.Parse(text, CultureInfo.InvariantCulture);
            if (value < acknowledged) Interlocked.Add(ref lost, acknowledged - value);
            if (value > acknowledged && !mayHaveOneMore) Interlocked.Add(ref duplicated, value - acknowledged);
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
