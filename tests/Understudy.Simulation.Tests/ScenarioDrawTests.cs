using Understudy.Kernel;
using Understudy.Simulator;
using Understudy.Simulator.Faults;

namespace Understudy.Simulation.Tests;

public sealed class ScenarioDrawTests
{
    private static readonly IReadOnlyList<Scenario> Drawn = [.. Enumerable.Range(0, 3000).Select(Draw)];

    [Fact]
    public void Clusters_have_one_to_seven_nodes_and_somebody_who_votes_and_hosts()
    {
        Drawn.Select(s => s.Cluster.Nodes.Length).Distinct().Order().ShouldBe([1, 2, 3, 4, 5, 6, 7]);
        Drawn.ShouldAllBe(s => s.Cluster.Nodes.Any(n => n.Kind == NodeKind.Voter));
        Drawn.ShouldAllBe(s => s.Cluster.Nodes.Count(n => n.Kind == NodeKind.Witness) <= 1);
        Drawn.ShouldContain(s => s.Cluster.Nodes.Any(n => n.Kind == NodeKind.Witness));
        Drawn.ShouldContain(s => s.Cluster.Nodes.Any(n => n.Kind == NodeKind.NonVoter));
    }

    [Fact]
    public void Every_kind_of_fault_that_strikes_by_itself_is_on_in_some_seeds_and_off_in_others()
    {
        for (var kind = FaultKind.Crash; kind <= FaultKind.OrderlyStop; kind++)
        {
            Drawn.ShouldContain(s => s.FaultEvery.ContainsKey(kind));
            Drawn.ShouldContain(s => !s.FaultEvery.ContainsKey(kind));
        }
    }

    [Fact]
    public void Every_kind_of_fault_that_is_aimed_is_on_in_some_seeds_and_off_in_others()
    {
        for (var kind = FaultKind.JoinerRestart; kind <= FaultKind.PartnerLost; kind++)
        {
            Drawn.ShouldContain(s => s.AimedFaults.ContainsKey(kind));
            Drawn.ShouldContain(s => !s.AimedFaults.ContainsKey(kind));
        }
    }

    [Fact]
    public void Networks_are_faultless_in_some_seeds()
    {
        Drawn.ShouldContain(s => s.Network.Loss == 0 && s.Network.Duplicate == 0 && s.Network.Reorder == 0);
        Drawn.ShouldContain(s => s.Network.Loss > 0.01);
    }

    [Fact]
    public void A_service_answers_before_it_commits_in_some_seeds_at_intervals_shorter_and_longer_than_a_silence()
    {
        var periodic = Drawn.Select((s, i) => ScenarioDraw.AddPeriodic(s, new SeededRandom((ulong)i)))
            .SelectMany(s => s.Cluster.Services.Where(each => each.IsPeriodic)).ToList();
        periodic.Count.ShouldBeInRange(Drawn.Count / 10, Drawn.Count / 2);
        periodic.ShouldContain(s => s.CheckpointEvery < Profile.Lan.Heartbeat);
        periodic.ShouldContain(s => s.CheckpointEvery > Profile.Lan.Silence);
        periodic.ShouldContain(s => s.Durable);
        periodic.ShouldContain(s => !s.Durable);
    }

    [Fact]
    public void Clients_follow_the_primary_by_the_client_library_in_most_seeds_and_only_know_HTTP_in_others()
    {
        var followers = Drawn.Select((s, i) => ScenarioDraw.AddFollowers(s, new SeededRandom((ulong)i)).Followers)
            .ToList();
        followers.Count(f => f.Follow > 0.3).ShouldBeInRange(Drawn.Count / 2, Drawn.Count * 19 / 20);
        followers.ShouldContain(f => f.Follow == 0);
        followers.ShouldContain(f => f.Direct > 0.3);
        followers.ShouldContain(f => f.SendVersions > 0.3);
        followers.ShouldContain(f => f.StreamBreaks == 0);
        followers.ShouldContain(f => f.MeanDelay < TimeSpan.TicksPerMillisecond);
        followers.ShouldContain(f => f.MeanDelay > TimeSpan.FromMilliseconds(200).Ticks);
    }

    private static Scenario Draw(int seed) =>
        new ScenarioDraw(new SeededRandom((ulong)seed)).Draw(TimeSpan.FromSeconds(60).Ticks);
}
