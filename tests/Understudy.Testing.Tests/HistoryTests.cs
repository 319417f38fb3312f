using System.Globalization;
using System.Text;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Testing.Tests;

/// <summary>Many histories of everything that can be done to nodes.</summary>
public sealed class HistoryTests
{
    private const string Name = "reminder";

    [Fact]
    public void Whatever_is_done_to_nodes_what_was_acknowledged_is_there_in_the_end() => UnderstudyTestCluster.Run(
        new UnderstudyTestOptions { Nodes = 4, Seeds = Seeds },
        understudy => understudy.AddService<Reminder>(Name),
        async cluster =>
        {
            var random = new SeededRandom(cluster.Seed);
            var acknowledged = 0L;
            List<Task> stops = [];
            for (var round = 0; round < 12; round++)
            {
                Strike(cluster, random, stops);
                var node = cluster.Nodes[random.Below(4)];
                if (node.IsPaused) continue; // It would not answer before it is resumed.
                var reply = await node.SendAsync(Name, default);
                if (reply.Outcome == ReplyOutcome.Answered)
                {
                    var count = long.Parse(Encoding.UTF8.GetString(reply.Body.Span), CultureInfo.InvariantCulture);
                    count.ShouldBeGreaterThan(acknowledged);
                    acknowledged = count;
                }

                await cluster.AdvanceAsync(random.Exponential(TimeSpan.FromMilliseconds(300)));
            }

            cluster.Heal();
            foreach (var node in cluster.Nodes) node.Resume();
            await Task.WhenAll(stops);
            cluster.Start();
            await cluster.UntilInShapeAsync();
            (await (await cluster.PrimaryAsync<Reminder>(Name)).CountAsync()).ShouldBeGreaterThan(acknowledged);
        });

    [Fact]
    public void A_service_that_tells_nobody_of_its_changes_is_found_out()
    {
        var failure = Should.Throw<UnderstudyTestException>(() => UnderstudyTestCluster.Run(
            understudy => understudy.AddService<Forgetful>("forgetful"),
            async cluster =>
            {
                await cluster["n1"].SendAsync("forgetful", default);
                cluster.PrimaryOf("forgetful").Kill();
                await cluster.FailoverAsync("forgetful");
                var reply = await cluster.PrimaryOf("forgetful").SendAsync("forgetful", default);
                BitConverter.ToInt64(reply.Body.Span).ShouldBe(2);
            }));
        failure.Message.ShouldContain("Seed 1");
    }

    // More by hand: UNDERSTUDY_HISTORIES=2000.
    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("UNDERSTUDY_HISTORIES"), out var seeds) ? seeds : 30;

    private static void Strike(UnderstudyTestCluster cluster, SeededRandom random, List<Task> stops)
    {
        var node = cluster.Nodes[random.Below(4)];
        switch (random.Below(9))
        {
            case 0: node.Kill(); break;
            case 1: node.PowerOff(); break;
            case 2: node.Pause(); break;
            case 3: node.Resume(); break;
            case 4: cluster.CutOff(node.Node); break;
            case 5: cluster.Heal(); break;
            case 6: cluster.PowerOff(); break;
            case 7: stops.Add(node.StopAsync()); break;
            default: cluster.Start(); break;
        }
    }
}
