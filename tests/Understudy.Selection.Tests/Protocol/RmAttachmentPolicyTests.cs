using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Selection.Protocol;

namespace Understudy.Selection.Tests.Protocol;

public sealed class RmAttachmentPolicyTests
{
    private static readonly RmAttachmentPolicy Policy = new();

    [Fact]
    public void A_new_cluster_has_an_empty_in_sync_set_and_a_new_lineage() =>
        Cast.Configuration(Cast.First(3)).ShouldSatisfyAllConditions(
            c => c.Version.ShouldBe(new ConfigurationVersion(1)),
            c => c.Lineage.ShouldBe(new Lineage(1)),
            c => c.InSync.ShouldBeEmpty());

    [Fact]
    public void A_wish_says_to_an_operator_whom_it_takes_in() =>
        new InSyncAddition(new ConfigurationVersion(4), Cast.Copy(3), Cast.Id(3)).ToString()
            .ShouldBe("with n3 in the RM's in-sync set");

    [Fact]
    public void A_switchover_of_the_RM_makes_a_version_that_prefers_the_copy_and_changes_nothing_else()
    {
        var view = Cast.Started(3, 1, 2, 3);
        var wish = Cast.Preference(view, 2);
        Policy.IsWanted(view, wish).ShouldBeTrue();
        wish.ToString().ShouldBe("with the RM's primary on n2");
        var next = Cast.Next(view, [], change: wish);

        Cast.Configuration(next).ShouldSatisfyAllConditions(
            c => c.Preferred.ShouldBe(Cast.Copy(2)),
            c => c.Version.ShouldBe(new ConfigurationVersion(5)),
            c => c.InSync.ShouldBe(Cast.Configuration(view).InSync));
        RmAttachmentPolicy.Leading(Cast.Configuration(next), next.Members, Cast.Id(3).Node)!.Id.ShouldBe(Cast.Id(2));
        Policy.IsWanted(next, Cast.Preference(next, 2)).ShouldBeFalse("it is preferred already");
    }

    [Fact]
    public void A_switchover_of_the_RM_is_void_in_another_version_and_for_a_copy_that_is_not_in_sync_there()
    {
        var view = Cast.Started(3, 2, 3);
        RmPreference[] wishes =
        [
            Cast.Preference(view, 1),
            Cast.Preference(view, 2, counter: 2),
            Cast.Preference(view, 2) with { Base = new ConfigurationVersion(3) },
        ];
        foreach (var wish in wishes)
        {
            Policy.IsWanted(view, wish).ShouldBeFalse();
            Cast.Configuration(Cast.Next(view, [], change: wish)).ShouldBeEquivalentTo(Cast.Configuration(view));
        }
    }

    [Fact]
    public void A_copy_is_preferred_until_the_incarnation_that_holds_it_has_gone()
    {
        var view = Cast.Started(3, 1, 2, 3);
        view = Cast.Next(view, [], change: Cast.Preference(view, 2));
        Cast.Configuration(Cast.Next(view, [1])).Preferred.ShouldBe(Cast.Copy(2));
        Cast.Configuration(Cast.Next(view, [2])).Preferred.ShouldBeNull();
        Cast.Configuration(Cast.Next(view, [2], [Cast.Member(2, counter: 2)])).Preferred.ShouldBeNull();
    }

    [Fact]
    public void A_copy_whose_disk_leaves_drops_out_and_the_version_grows()
    {
        var next = Cast.Configuration(Cast.Next(Cast.Started(3, 1, 2, 3), [2]));

        next.InSync.ShouldBe([Cast.Copy(1), Cast.Copy(3)]);
        next.Version.ShouldBe(new ConfigurationVersion(5));
    }

    [Fact]
    public void The_last_in_sync_set_never_becomes_empty()
    {
        var next = Cast.Configuration(Cast.Next(Cast.Started(3, 2, 3), [2, 3]));

        next.InSync.ShouldBe([Cast.Copy(2), Cast.Copy(3)], "it says for which disks to wait");
        next.Version.ShouldBe(new ConfigurationVersion(5), "the incarnations on them have gone");
    }

    [Fact]
    public void A_view_that_concerns_no_in_sync_copy_keeps_the_version()
    {
        var view = Cast.Started(3, 2, 3);

        Cast.Configuration(Cast.Next(view, [1])).ShouldBeEquivalentTo(Cast.Configuration(view));
        var next = Cast.Next(view, [1], [Cast.Member(1, counter: 2)]);
        Cast.Configuration(next).Version.ShouldBe(new ConfigurationVersion(4));
    }

    [Fact]
    public void A_new_incarnation_of_an_in_sync_disk_makes_the_version_grow()
    {
        var next = Cast.Configuration(Cast.Next(Cast.Started(3, 2, 3), [2], [Cast.Member(2, counter: 2)]));

        next.InSync.ShouldBe([Cast.Copy(2), Cast.Copy(3)], "the registry is durable: its disk is still in sync");
        next.Version.ShouldBe(new ConfigurationVersion(5));
    }

    [Fact]
    public void A_wiped_disk_is_not_in_sync_any_more()
    {
        var wiped = new Member(Cast.Id(2, counter: 2), new DiskId(99), NodeKind.Voter);

        Cast.Configuration(Cast.Next(Cast.Started(3, 2, 3), [2], [wiped])).InSync.ShouldBe([Cast.Copy(3)]);
    }

    [Fact]
    public void A_caught_up_copy_is_taken_in_once_and_only_in_its_version()
    {
        var view = Cast.Started(3, 2, 3);
        var addition = Cast.Addition(view, 1);
        var next = Cast.Next(view, [], change: addition);

        Policy.IsWanted(view, addition).ShouldBeTrue();
        Cast.Configuration(next).InSync.ShouldBe([Cast.Copy(1), Cast.Copy(2), Cast.Copy(3)]);
        Cast.Configuration(next).Version.ShouldBe(new ConfigurationVersion(5));
        Policy.IsWanted(next, addition).ShouldBeFalse();
        Policy.IsWanted(Cast.Next(view, [2]), addition).ShouldBeFalse("the version has grown");
    }

    [Fact]
    public void A_request_is_void_when_its_incarnation_has_gone()
    {
        var view = Cast.Started(3, 2, 3);
        var addition = Cast.Addition(view, 1);
        var restarted = Cast.Next(view, [1], [Cast.Member(1, counter: 2)], addition);

        Cast.Configuration(restarted).InSync.ShouldBe([Cast.Copy(2), Cast.Copy(3)]);
        Policy.IsWanted(restarted, addition).ShouldBeFalse();
    }

    [Fact]
    public void A_witness_or_a_node_that_does_not_vote_holds_no_registry()
    {
        foreach (var kind in new[] { NodeKind.Witness, NodeKind.NonVoter })
        {
            var view = Cast.Next(Cast.Started(3, 2, 3), [1], [Cast.Member(1, kind: kind)]);

            Policy.IsWanted(view, Cast.Addition(view, 1)).ShouldBeFalse();
            RmAttachmentPolicy.Eligible(Cast.Configuration(view), view.Members).Select(m => m.Id)
                .ShouldBe([Cast.Id(2), Cast.Id(3)]);
        }
    }

    [Fact]
    public void At_most_five_take_part_and_the_in_sync_ones_always_do()
    {
        var view = Cast.Started(9, 8, 9);

        RmAttachmentPolicy.Eligible(Cast.Configuration(view), view.Members).Select(m => m.Id)
            .ShouldBe([Cast.Id(1), Cast.Id(2), Cast.Id(3), Cast.Id(8), Cast.Id(9)]);
    }

    [Fact]
    public void The_heir_is_an_in_sync_secondary_so_that_it_survives_the_primary()
    {
        var view = Cast.Started(4, 2, 3, 4);

        new RmAttachmentPolicy { Favoured = Cast.Id(4).Node }.ChooseHeir(view.Attachment, view.Members)
            .ShouldBe(Cast.Id(3));
        new RmAttachmentPolicy { Favoured = Cast.Id(3).Node }.ChooseHeir(view.Attachment, view.Members)
            .ShouldBe(Cast.Id(4));
    }

    // Any chain of views: the version never falls, and grows exactly when the set or an incarnation in it changes.
    [Fact]
    public void The_version_grows_exactly_when_the_in_sync_set_or_an_incarnation_in_it_changes() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 2]).List[1, 15].Sample(turns =>
        {
            var view = Cast.Started(5, 3, 4, 5);
            var counters = new ulong[6];
            foreach (var (node, what) in turns)
            {
                var present = view.MemberOn(Cast.Id(node).Node);
                var next = what == 2
                    ? Cast.Next(view, [], change: Cast.Addition(view, node))
                    : Cast.Next(
                        view,
                        [node],
                        what == 0 || present is null ? [Cast.Member(node, ++counters[node] + 1)] : []);
                if (next.Members.IsEmpty) return;

                Holders(next).SequenceEqual(Holders(view)).ShouldBe(
                    Cast.Configuration(next).Version == Cast.Configuration(view).Version);
                Cast.Configuration(next).Version.ShouldBeGreaterThanOrEqualTo(Cast.Configuration(view).Version);
                Cast.Configuration(next).InSync.ShouldNotBeEmpty();
                view = next;
            }
        });

    private static IEnumerable<(RegistryCopy Copy, MemberId? Holder)> Holders(View view) =>
        Cast.Configuration(view).InSync.Select(copy => (copy, view.MemberOn(copy.Node)?.Id));
}
