using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests.Protocol;

public sealed class PrimarySelectionTests
{
    [Fact]
    public void At_the_very_first_start_only_the_highest_ranking_spare_founds_the_in_sync_set()
    {
        var pump = new SelectionPump(3);
        pump.Logs[Cast.Id(1)].Position = new LogPosition(new ConfigurationVersion(4), 11);
        var first = Cast.First(3);
        pump.Install(first);
        pump.Tick(Profile.Lan.Heartbeat);

        pump.Winners.ShouldBeEmpty("it is selected again in the version that it founds");
        pump.Effects.Where(e => e.Effect is SelectionEffect.WantChange).Select(e => (e.Node, e.Effect)).Distinct()
            .ShouldBe([(Cast.Id(1), new SelectionEffect.WantChange(Cast.Addition(first, 1)))]);

        pump.Install(Cast.Next(first, [], change: Cast.Addition(first, 1)));
        pump.Winners.ShouldBe([Cast.Id(1)]);
    }

    [Fact]
    public void At_the_very_first_start_the_node_id_decides_among_blank_logs()
    {
        var pump = new SelectionPump(3);
        pump.Install(Cast.First(3));

        pump.Effects.Where(e => e.Effect is SelectionEffect.WantChange).Select(e => e.Node).ShouldBe([Cast.Id(3)]);
    }

    // Apart from the first start: here there was an in-sync set, and all of it is gone.
    [Fact]
    public void After_total_loss_nobody_outside_the_in_sync_set_ever_wins()
    {
        var pump = new SelectionPump(3);
        var lost = Cast.Next(Cast.Started(3, 3), [3]);
        Cast.Configuration(lost).InSync.ShouldBe([Cast.Copy(3)]);
        pump.Logs[Cast.Id(2)].Position = new LogPosition(new ConfigurationVersion(4), 1_000);
        pump.Install(lost);
        for (var i = 0; i < 50; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Winners.ShouldBeEmpty();
        pump.Sent.ShouldBeEmpty();
        pump.Asked<SelectionEffect.WantChange>().ShouldBeEmpty();
    }

    [Fact]
    public void After_total_loss_the_disk_that_returns_wins()
    {
        var pump = new SelectionPump(3);
        var lost = Cast.Next(Cast.Started(3, 3), [3]);
        pump.Crash(3);
        pump.Install(lost);
        pump.Start(3, counter: 2);
        pump.Install(Cast.Next(lost, [], [Cast.Member(3, counter: 2)]));

        pump.Winners.ShouldBe([Cast.Id(3, counter: 2)]);
    }

    [Fact]
    public void A_surviving_primary_wins_again_and_stays()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Forget();
        pump.Install(Cast.Next(view, [1]));

        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Asked<SelectionEffect.Depose>().ShouldBeEmpty();
        pump.Said<SelectionMessage.Disqualify>(Cast.Id(2)).ShouldBeEmpty();
    }

    [Fact]
    public void The_copy_that_a_view_prefers_wins_once_the_surviving_primary_has_yielded()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Forget();
        var next = Cast.Next(view, [], change: Cast.Preference(view, 1));
        pump.Loses = d => d is { Message: SelectionMessage.Yield } && d.From == Cast.Id(3);
        pump.Install(next);
        pump.Winners.ShouldBeEmpty("the one who was primary has not yielded");

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Winners.ShouldBe([Cast.Id(1)]);
        pump.Effects.Where(e => e.Effect is SelectionEffect.Depose).Select(e => e.Node).ShouldBe([Cast.Id(3)]);
        pump.Forget();
        pump.Install(Cast.Next(next, [2]));
        pump.Winners.ShouldBe([Cast.Id(1)], "it survives, and stays");
    }

    [Fact]
    public void When_the_preferred_copy_has_gone_before_anybody_yielded_the_surviving_primary_stays()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Forget();
        var next = Cast.Next(view, [], change: Cast.Preference(view, 1));
        pump.Crash(1);
        pump.Install(Cast.Id(3), next);
        pump.Install(Cast.Next(next, [1]));

        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Asked<SelectionEffect.Depose>().ShouldBeEmpty();
    }

    [Fact]
    public void A_surviving_primary_wins_against_a_longer_log()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Logs[Cast.Id(2)].Position = new LogPosition(new ConfigurationVersion(4), 99);
        pump.Forget();
        pump.Install(Cast.Next(view, [1]));

        pump.Winners.ShouldBe([Cast.Id(3)]);
    }

    [Fact]
    public void A_surviving_primary_reaches_each_incarnation_once()
    {
        var (pump, view) = Served(4, 1, 2, 3, 4);
        pump.Forget();
        // The answer of one is lost: only that one is asked again, and nobody is told twice.
        pump.Loses = d => d.From == Cast.Id(1) && d.Message is SelectionMessage.Yield;
        var next = Cast.Next(view, [3]);
        pump.Install(next);
        pump.Loses = _ => false;
        for (var i = 0; i < 5; i++) pump.Tick(Profile.Lan.Heartbeat);

        Targets<SelectionMessage.Disqualify>(pump).ShouldBe([Cast.Id(1), Cast.Id(2), Cast.Id(1)]);
        Targets<SelectionMessage.Elected>(pump).ShouldBe([Cast.Id(1), Cast.Id(2)]);
        pump.Asked<SelectionEffect.NoteStep>(Cast.Id(4)).ShouldContain(
            new SelectionEffect.NoteStep(622, "n2 was reached before: it is skipped"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_failover_with_a_good_heir_costs_3_messages_for_each_other_eligible_node(int eligible)
    {
        var (pump, view) = Served(eligible + 1, [.. Enumerable.Range(1, eligible + 1)]);
        pump.Forget();
        pump.Crash(eligible + 1);
        pump.Install(Cast.Next(view, [eligible + 1]));

        pump.Winners.ShouldBe([Cast.Id(eligible)]);
        pump.Sent.Count.ShouldBeLessThanOrEqualTo(3 * (eligible - 1));
    }

    [Fact]
    public void A_disqualified_provider_asks_nobody_any_more_in_that_round()
    {
        var (pump, view) = Served(4, 1, 2, 3, 4);
        pump.Crash(4);
        pump.Loses = d => d.Message is SelectionMessage.Elected;
        pump.Forget();
        pump.Install(Cast.Next(view, [4]));
        var yielded = pump.Said<SelectionMessage.Yield>().Count;
        yielded.ShouldBe(2);
        for (var i = 0; i < 20; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Said<SelectionMessage.Disqualify>(Cast.Id(1)).ShouldBeEmpty();
        pump.Said<SelectionMessage.Disqualify>(Cast.Id(2)).ShouldBeEmpty();
        pump.Winners.ShouldBe([Cast.Id(3)]);
    }

    [Fact]
    public void A_campaigner_that_meets_a_higher_rank_stops()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Crash(3);
        pump.Forget();
        pump.Loses = d => d.From == Cast.Id(2);
        var next = Cast.Next(view, [3]);
        pump.Install(next);
        pump.Tick(Profile.Lan.Stagger * 3);
        pump.Said<SelectionMessage.Disqualify>(Cast.Id(1)).Count.ShouldBe(1, "the heir was not heard");
        var rank = pump.Said<SelectionMessage.Disqualify>(Cast.Id(2))[0].Rank;
        pump.Say(2, 1, new SelectionMessage.Higher(Cast.Configuration(next).Version, Cast.Id(2), rank));
        for (var i = 0; i < 20; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Said<SelectionMessage.Disqualify>(Cast.Id(1)).Count.ShouldBe(1);
        pump.On(1).Outcome!.Candidate.ShouldBe(Cast.Id(2));
    }

    [Fact]
    public void A_view_that_does_not_change_the_version_sends_nothing_and_freezes_nothing()
    {
        var (pump, view) = Served(4, 3, 4);
        var other = Cast.Next(view, [1]);
        Cast.Configuration(other).Version.ShouldBe(Cast.Configuration(view).Version);
        pump.Forget();
        pump.Install(other);
        pump.Tick(Profile.Lan.Heartbeat);

        pump.Effects.ShouldBeEmpty();
        pump.On(4).IsPrimary.ShouldBeTrue();
    }

    [Fact]
    public void A_newcomer_in_an_unchanged_version_is_told_once_who_won()
    {
        var (pump, view) = Served(4, 3, 4);
        var without = Cast.Next(view, [1]);
        pump.Install(without);
        pump.Forget();
        pump.Start(1, counter: 2);
        pump.Install(Cast.Next(without, [], [Cast.Member(1, counter: 2)]));
        pump.Tick(Profile.Lan.Heartbeat);

        Targets<SelectionMessage.Elected>(pump).ShouldBe([Cast.Id(1, counter: 2)]);
        pump.On(1, counter: 2).Outcome!.Winner.ShouldBe(Cast.Id(4));
    }

    [Fact]
    public void The_same_question_gets_the_same_yield_however_often_it_comes()
    {
        var pump = new SelectionPump(2);
        pump.Loses = d => d.From == Cast.Id(2);
        pump.Install(Cast.Started(2, 1, 2));
        var question = pump.Said<SelectionMessage.Disqualify>(Cast.Id(2))[0];
        for (var i = 0; i < 3; i++) pump.Say(2, 1, question);

        pump.Said<SelectionMessage.Yield>(Cast.Id(1)).ShouldBe(
            Enumerable.Repeat(new SelectionMessage.Yield(question.Version, new ConfigurationVersion(4), 10), 3));
    }

    [Fact]
    public void A_question_of_an_older_version_is_answered_with_stale()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        var version = Cast.Configuration(view).Version;
        pump.Forget();
        pump.Say(3, 1, new SelectionMessage.Disqualify(new ConfigurationVersion(version.Value - 1), default));

        pump.Said<SelectionMessage.Stale>(Cast.Id(1)).ShouldBe([new SelectionMessage.Stale(version)]);
        pump.Sent.Count.ShouldBe(1);
        pump.On(1).Outcome!.Winner.ShouldBe(Cast.Id(3));
    }

    [Fact]
    public void A_question_of_a_newer_version_is_held_until_its_view_is_here()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        pump.Crash(3);
        var next = Cast.Next(view, [3]);
        pump.Forget();
        pump.Install(Cast.Id(2), next);
        pump.Deliver();
        pump.Said<SelectionMessage.Yield>().ShouldBeEmpty();
        pump.Winners.ShouldBeEmpty();

        pump.Install(Cast.Id(1), next);
        pump.Deliver();

        pump.Said<SelectionMessage.Disqualify>().Count.ShouldBe(1, "it was held, not asked again");
        pump.Winners.ShouldBe([Cast.Id(2)]);
    }

    /// <summary>Seed 13691 of the simulator: a node that was told of one version, then of the next.</summary>
    [Fact]
    public void An_announcement_of_a_newer_version_replaces_one_that_is_held()
    {
        var (pump, view) = Served(4, 1, 2, 3, 4);
        var later = Cast.Next(Cast.Next(view, [2]), [4]);
        var version = Cast.Configuration(view).Version.Value;
        Cast.Configuration(later).Version.Value.ShouldBe(version + 2);

        pump.Say(1, 3, new SelectionMessage.Elected(new ConfigurationVersion(version + 1)));
        pump.Say(1, 3, new SelectionMessage.Elected(new ConfigurationVersion(version + 2)));
        pump.Install(Cast.Id(3), later);

        pump.On(3).Outcome!.Winner.ShouldBe(Cast.Id(1));
    }

    private static IEnumerable<MemberId> Targets<T>(SelectionPump pump)
        where T : SelectionMessage => pump.Sent.Where(d => d.Message is T).Select(d => d.To);

    /// <summary>Nodes whose RM is served by the last in-sync one.</summary>
    internal static (SelectionPump Pump, View View) Served(int nodes, params int[] inSync)
    {
        var pump = new SelectionPump(nodes);
        var view = Cast.Started(nodes, inSync);
        pump.Install(view);
        return (pump, view);
    }
}
