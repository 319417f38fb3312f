using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Protocol;

public class TotalLossTests
{
    private static readonly ServiceDefinition Soft = new(NodeCluster.Kv, "kv", 1, 0, Durable: false)
    {
        TotalLoss = TotalLossPolicy.StartEmpty,
    };

    [Fact]
    public void A_service_that_may_start_empty_serves_again_when_all_its_copies_are_gone()
    {
        var cluster = Lose(Soft, out var witness);

        cluster.KvOn(witness)!.Lineage.ShouldBe(new Lineage(2));
        cluster.Ask(witness);
        cluster.Run(TimeSpan.FromSeconds(1));
        KvCodec.TryDecode(cluster.Replies[^1].Body, out KvAnswer? answer, out _).ShouldBeTrue();
        answer!.Version.ShouldBe(1, "it is the first change of an empty state");
    }

    [Fact]
    public void One_that_waits_says_for_what()
    {
        var cluster = Lose(Soft with { TotalLoss = TotalLossPolicy.Wait }, out var witness);

        cluster.KvOn(witness)!.Primary.ShouldBeNull();
        cluster.On(witness).Status(TimeSpan.FromSeconds(60)).Reasons
            .ShouldContain(r => r.StartsWith("kv has no primary: all its in-sync copies, in memory on"));
    }

    /// <summary>Five voters, of which the two that provide the service die.</summary>
    private static NodeCluster Lose(ServiceDefinition kv, out string witness)
    {
        var cluster = new NodeCluster(voters: 5, others: 0, kv);
        foreach (var node in new[] { "n1", "n2", "n3", "n4", "n5" }) cluster.Start(node);
        cluster.Run(TimeSpan.FromSeconds(3));
        cluster.Ask("n1");
        cluster.Run(TimeSpan.FromSeconds(1));
        cluster.Replies.Count.ShouldBe(1);
        var lost = cluster.KvOn("n1")!.InSync.Select(p => p.Member.Node.Value).ToList();
        lost.Count.ShouldBe(2);
        witness = new[] { "n1", "n2", "n3", "n4", "n5" }.First(n => !lost.Contains(n));
        foreach (var node in lost) cluster.Kill(node);
        cluster.Run(TimeSpan.FromSeconds(4));
        return cluster;
    }
}
