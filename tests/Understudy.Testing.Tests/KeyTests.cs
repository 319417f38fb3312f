using System.Text;
using Understudy.Protocol;

namespace Understudy.Testing.Tests;

/// <summary>Requests under an <c>Idempotency-Key</c>, in virtual time.</summary>
public sealed class KeyTests
{
    private const string Name = "reminder";

    [Fact]
    public void A_key_is_forgotten_when_it_is_older_than_the_service_keeps_keys_over_failovers() => Run(
        async cluster =>
        {
            (await AskAsync(cluster, "once")).ShouldBe("1");
            cluster.PrimaryOf(Name).Kill();
            await cluster.FailoverAsync(Name);
            await cluster.AdvanceAsync(TimeSpan.FromSeconds(50));
            (await AskAsync(cluster, "another")).ShouldBe("2");
            (await AskAsync(cluster, "once")).ShouldBe("1", "it is not a minute old");

            await cluster.AdvanceAsync(TimeSpan.FromSeconds(50));
            (await AskAsync(cluster, "once")).ShouldBe("1", "no checkpoint has forgotten it");
            (await AskAsync(cluster, "a third")).ShouldBe("3");
            (await AskAsync(cluster, "another")).ShouldBe("2");
            (await AskAsync(cluster, "once")).ShouldBe("4", "it is forgotten");
        });

    [Fact]
    public void Duplicates_at_all_nodes_at_once_get_the_answer_of_the_first() => Run(async cluster =>
    {
        var asked = cluster.Nodes.Concat(cluster.Nodes).Select(node => AskAsync(node, "once"));
        (await Task.WhenAll(asked)).ShouldAllBe(answer => answer == "1");
        (await cluster.PrimaryAsync<Reminder>(Name)).Requests.ShouldBe(1);
    });

    private static void Run(Func<UnderstudyTestCluster, Task> test) => UnderstudyTestCluster.Run(
        understudy => understudy.AddService<Reminder>(Name, shape => shape.KeepKeysFor = TimeSpan.FromMinutes(1)),
        test);

    private static Task<string> AskAsync(UnderstudyTestCluster cluster, string key) =>
        AskAsync(cluster.PrimaryOf(Name), key);

    private static async Task<string> AskAsync(UnderstudyTestNode node, string key)
    {
        var reply = await node.SendAsync(Name, default, idempotencyKey: key);
        reply.Outcome.ShouldBe(ReplyOutcome.Answered);
        return Encoding.UTF8.GetString(reply.Body.Span);
    }
}
