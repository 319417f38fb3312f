using CsCheck;
using Understudy.Kernel;
using Understudy.Selection.Protocol;
using static Understudy.Selection.Tests.Protocol.PrimarySelectionTests;

namespace Understudy.Selection.Tests.Protocol;

public sealed class PrimarySelectionWinTests
{
    [Fact]
    public void A_win_needs_a_yield_from_every_eligible_member()
    {
        var pump = new SelectionPump(5);
        pump.Loses = d => d.From == Cast.Id(1);
        pump.Install(Cast.Started(5, 4, 5));
        for (var i = 0; i < 10; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Said<SelectionMessage.Yield>().Count.ShouldBeGreaterThan(4);
        pump.Winners.ShouldBeEmpty("one has been silent: that is for the membership to resolve");

        pump.Loses = _ => false;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Winners.ShouldBe([Cast.Id(5)]);
    }

    [Fact]
    public void A_round_goes_on_when_the_one_it_waited_for_leaves_without_changing_the_version()
    {
        var pump = new SelectionPump(5);
        pump.Loses = d => d.From == Cast.Id(1);
        var view = Cast.Started(5, 4, 5);
        pump.Install(view);
        pump.Install(Cast.Next(view, [1]));

        pump.Winners.ShouldBe([Cast.Id(5)]);
    }

    [Fact]
    public void A_win_counts_only_when_a_quorum_confirms_the_version()
    {
        var pump = new SelectionPump(3) { IsCurrent = false };
        pump.Install(Cast.Started(3, 1, 2, 3));
        pump.Winners.ShouldBeEmpty();

        pump.IsCurrent = true;
        pump.Tick(Profile.Lan.Heartbeat);
        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Asked<SelectionEffect.Activate>(Cast.Id(3)).ShouldHaveSingleItem().ConfirmedSince.ShouldBe(pump.Now);
    }

    [Fact]
    public void The_acceptances_that_the_heir_counted_confirm_its_win()
    {
        var pump = new SelectionPump(3) { IsCurrent = false };
        pump.Install(Cast.Started(3, 1, 2, 3), isConfirmed: true);

        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.Asked<SelectionEffect.AskCurrency>(Cast.Id(3)).ShouldBeEmpty();
    }

    [Fact]
    public void Others_adopt_only_the_winner_s_own_announcement()
    {
        var pump = new SelectionPump(3);
        pump.Loses = d => d.Message is SelectionMessage.Elected;
        pump.Install(Cast.Started(3, 1, 2, 3));
        pump.Winners.ShouldBe([Cast.Id(3)]);
        pump.On(1).Outcome!.Candidate.ShouldBe(Cast.Id(3));
        pump.On(1).Outcome!.Winner.ShouldBeNull();
    }

    [Fact]
    public void Every_node_seals_its_registry_at_the_new_version_before_it_yields()
    {
        var pump = new SelectionPump(3);
        pump.Install(Cast.Started(3, 1, 2, 3));

        pump.Logs.Values.ShouldAllBe(log => log.SealedAt == new ConfigurationVersion(4));
    }

    [Fact]
    public void A_primary_outside_the_in_sync_set_is_deposed_and_has_no_primary_epoch()
    {
        var (pump, view) = Served(3, 1, 2, 3);
        var without = Cast.WithConfiguration(
            view.Members,
            Cast.Configuration(view) with
            {
                Version = new ConfigurationVersion(5),
                InSync = [Cast.Copy(1), Cast.Copy(2)],
            });
        pump.Forget();
        pump.Install(without with { Epoch = view.Epoch.Next });

        pump.Asked<SelectionEffect.Depose>(Cast.Id(3))
            .ShouldBe([new SelectionEffect.Depose(new ConfigurationVersion(4))]);
        pump.Said<SelectionMessage.Disqualify>(Cast.Id(3)).ShouldBeEmpty("outside the in-sync set nobody campaigns");
        pump.Winners.ShouldBe([Cast.Id(2)]);
    }

    [Fact]
    public void The_longer_log_wins_against_the_greater_node()
    {
        var pump = new SelectionPump(3);
        pump.Logs[Cast.Id(1)].Position = new LogPosition(new ConfigurationVersion(4), 11);
        pump.Install(Cast.Started(3, 1, 2, 3));
        for (var i = 0; i < 5; i++) pump.Tick(Profile.Lan.Heartbeat);

        pump.Winners.ShouldBe([Cast.Id(1)]);
    }

    // Any loss, any order of views: a version has at most one winner, and it is in sync (OnePrimary, FreshestWins).
    [Fact]
    public void A_version_has_at_most_one_winner_whatever_is_lost() =>
        Gen.Select(Gen.UInt, Gen.Int[2, 5], Gen.Int[1, 31]).Sample((seed, nodes, set) =>
        {
            var random = new SeededRandom(seed);
            int[] inSync = [.. Enumerable.Range(1, nodes).Where(i => (set >> (i - 1) & 1) == 1)];
            if (inSync.Length == 0) return;
            var pump = new SelectionPump(nodes) { Loses = _ => random.Chance(0.3) };
            foreach (var log in pump.Logs.Values) log.Position = log.Position with { LastSequence = random.Below(3) };
            var view = Cast.Started(nodes, inSync);
            foreach (var member in view.Members.OrderBy(_ => random.Next()))
            {
                pump.Install(member.Id, view);
                if (random.Chance(0.5)) pump.Deliver();
            }

            for (var i = 0; i < 10; i++) pump.Tick(Profile.Lan.Heartbeat / 2);
            pump.Winners.Count.ShouldBeLessThanOrEqualTo(1);
            pump.Loses = _ => false;
            for (var i = 0; i < 10; i++) pump.Tick(Profile.Lan.Heartbeat);

            pump.Winners.ShouldHaveSingleItem();
            inSync.Select(i => Cast.Id(i)).ShouldContain(pump.Winners[0]);
        });
}
