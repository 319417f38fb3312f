using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Membership;
using Understudy.Protocol;

namespace Understudy.Hosting;

/// <summary>
/// Plays a failover in memory before the node joins, several times: three nodes form a cluster, serve requests, lose
/// their primary and serve on. Cold code would cost the first real failover several milliseconds. It touches nothing
/// outside itself and ends when its time is up, wherever it is.
/// </summary>
internal static class FailoverDrill
{
    /// <summary>How long the drill may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How often it is played at most: enough for the compiler to see what is hot.</summary>
    public const int Rounds = 40;

    private const int RequestsPerStage = 8;

    private static readonly ServiceName _service = new("drill");

    /// <summary>Plays the drill.</summary>
    /// <returns>How many failovers were played to their end.</returns>
    public static int Run(TimeProvider clock, TimeSpan patience, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        var played = 0;
        while (played < Rounds && PlayOnce((ulong)played, MayGoOn)) played++;
        return played;

        bool MayGoOn() => !cancellationToken.IsCancellationRequested && clock.GetElapsedTime(startedAt) < patience;
    }

    private static bool PlayOnce(ulong seed, Func<bool> mayGoOn)
    {
        NodeOptions options = new(
            "drill",
            Profile.Lan,
            [.. ImmutableArray.Create("d1", "d2", "d3").Select(id => new NodeOption(new NodeId(id), NodeKind.Voter))],
            [new Replication.ServiceDefinition(_service, ServiceConfiguration.KeyValue, 2, 0, Durable: true)]);
        var cluster = new DrillCluster(options, seed, mayGoOn);
        if (!cluster.RunUntil(() => cluster.Primary is not null && cluster.InSync == 3)) return false;
        if (!Serve(cluster)) return false;
        var dead = cluster.Primary!.Value;
        cluster.Kill(dead);
        return cluster.RunUntil(() => cluster.Primary is { } primary && primary != dead) && Serve(cluster);
    }

    private static bool Serve(DrillCluster cluster)
    {
        for (var i = 0; i < RequestsPerStage; i++)
        {
            cluster.Ask(_service, new KvRequest.Put($"k{i}", new byte[100], KvCondition.None), $"id{i}");
            cluster.Ask(_service, new KvRequest.Increment("n"), key: null);
            cluster.Ask(_service, new KvRequest.Get("n"), key: null);
        }

        return cluster.RunUntil(() => cluster.Unanswered == 0);
    }
}
