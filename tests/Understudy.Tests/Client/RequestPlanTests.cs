using CsCheck;
using Understudy.Client.Protocol;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

public class RequestPlanTests
{
    private static readonly TimeSpan _until = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_request_goes_straight_to_the_primary_and_without_one_to_any_node()
    {
        var view = View("n1");
        Sent(Plan(), view).ShouldBe("http://n1:1/svc/kv primary");
        Sent(Plan(), View(null)).ShouldBe("http://n1:1/svc/kv");
        Sent(Plan(), View("n1", isFrozen: true)).ShouldBe("http://n1:1/svc/kv");
    }

    [Fact]
    public void The_version_that_the_client_knows_goes_along()
    {
        Plan().Next(View("n1"), TimeSpan.Zero).ShouldBeOfType<RequestStep.Send>().Version.ShouldBe(1);
        Plan().Next(new ClusterView([new Uri("http://n1:1")]), TimeSpan.Zero)
            .ShouldBeOfType<RequestStep.Send>().Version.ShouldBeNull();
    }

    [Fact]
    public void A_primary_that_cannot_be_reached_is_left_for_the_other_nodes_which_hold_the_request()
    {
        var (plan, view) = (Plan(mayRepeat: false), View("n1"));
        End(plan, view, AttemptEnd.NotSent).ShouldBeTrue();
        Sent(plan, view).ShouldBe("http://n2:1/svc/kv");
        view.Take(Map(2, "n3"));
        Sent(plan, view).ShouldBe("http://n3:1/svc/kv primary", "it has been heard of meanwhile");
    }

    [Theory]
    [InlineData(AttemptEnd.Answered, true, false)]
    [InlineData(AttemptEnd.Answered, false, false)]
    [InlineData(AttemptEnd.NotSent, false, true)]
    [InlineData(AttemptEnd.Moved, false, true)]
    [InlineData(AttemptEnd.Unknown, false, false)]
    [InlineData(AttemptEnd.Unknown, true, true)]
    [InlineData(AttemptEnd.Unavailable, false, false)]
    [InlineData(AttemptEnd.Unavailable, true, true)]
    internal void Only_what_cannot_have_taken_effect_or_may_be_repeated_is_sent_again(
        AttemptEnd end, bool mayRepeat, bool expected)
    {
        var (plan, view) = (Plan(mayRepeat), View("n1"));
        End(plan, view, end).ShouldBe(expected);
        (plan.Next(view, TimeSpan.Zero) is RequestStep.GiveUp).ShouldBe(!expected);
    }

    [Fact]
    public void After_all_nodes_were_tried_it_waits_longer_each_time_and_begins_again()
    {
        var (plan, view) = (Plan(), View("n1"));
        var pause = TimeSpan.Zero;
        for (var round = 0; round < 3; round++)
        {
            for (var node = 0; node < 3; node++) End(plan, view, AttemptEnd.NotSent);
            var wait = plan.Next(view, TimeSpan.Zero).ShouldBeOfType<RequestStep.Wait>();
            wait.AtMost.ShouldBeGreaterThan(pause);
            pause = wait.AtMost;
            Sent(plan, view).ShouldBe("http://n1:1/svc/kv primary");
        }
    }

    [Fact]
    public void A_node_that_held_it_in_vain_is_followed_by_a_pause_and_not_by_the_next_node()
    {
        var (plan, view) = (Plan(), View(null));
        End(plan, view, AttemptEnd.Unavailable);
        plan.Next(view, TimeSpan.Zero).ShouldBeOfType<RequestStep.Wait>();
    }

    [Fact]
    public void A_node_that_held_it_in_vain_is_asked_again_only_after_the_others()
    {
        var (plan, view) = (Plan(), View("n1"));
        foreach (var node in new[] { "http://n1:1/svc/kv primary", "http://n2:1/svc/kv", "http://n3:1/svc/kv" })
        {
            Sent(plan, view).ShouldBe(node);
            End(plan, view, AttemptEnd.Unavailable);
            plan.Next(view, TimeSpan.Zero).ShouldBeOfType<RequestStep.Wait>();
        }

        plan.Next(view, TimeSpan.Zero).ShouldBeOfType<RequestStep.Wait>();
        Sent(plan, view).ShouldBe("http://n1:1/svc/kv primary");
    }

    [Fact]
    public void It_gives_up_at_its_deadline_and_never_waits_beyond_it()
    {
        var (plan, view) = (Plan(), View("n1"));
        plan.Next(view, _until).ShouldBeOfType<RequestStep.GiveUp>();
        for (var node = 0; node < 3; node++) End(plan, view, AttemptEnd.NotSent);
        var late = _until - TimeSpan.FromMilliseconds(1);
        plan.Next(view, late).ShouldBe(new RequestStep.Wait(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void An_attempt_at_a_primary_that_was_one_is_given_up_if_it_may_be_repeated()
    {
        var view = View("n1");
        var (repeated, once) = (Plan(), Plan(mayRepeat: false));
        var attempt = (RequestStep.Send)repeated.Next(view, TimeSpan.Zero);
        repeated.HasMovedFrom(attempt, view).ShouldBeFalse();
        view.Take(Map(2, null));
        repeated.HasMovedFrom(attempt, view).ShouldBeFalse("there is nobody else yet");
        view.Take(Map(3, "n2"));
        repeated.HasMovedFrom(attempt, view).ShouldBeTrue();
        once.HasMovedFrom(attempt, view).ShouldBeFalse();
    }

    [Fact]
    public void A_node_that_holds_a_request_in_place_of_a_dead_primary_is_left_when_there_is_a_new_one()
    {
        var (plan, view) = (Plan(), View("n1"));
        End(plan, view, AttemptEnd.NotSent);
        var holder = (RequestStep.Send)plan.Next(view, TimeSpan.Zero);
        holder.IsPrimary.ShouldBeFalse();
        plan.HasMovedFrom(holder, view).ShouldBeFalse("the primary that is known is the dead one");
        view.Take(Map(2, null));
        plan.HasMovedFrom(holder, view).ShouldBeFalse();
        view.Take(Map(3, "n3"));
        plan.HasMovedFrom(holder, view).ShouldBeTrue();
    }

    [Fact]
    public void A_client_learns_nodes_and_forgets_services_that_are_no_more()
    {
        var view = new ClusterView([new Uri("http://n9:1")]);
        var only = view.NodeToHear(0, besides: null)!;
        only.Host.ShouldBe("n9");
        view.NodeToHear(0, besides: only).ShouldBeNull();
        view.Take(Map(1, "n1"));
        view.Nodes.Select(node => node.Host).ShouldBe(["n9", "n1", "n2", "n3"]);
        view.NodeToHear(0, besides: only)!.Host.ShouldBe("n1");
        view.NodeToHear(4, besides: only)!.Host.ShouldBe("n2");
        view.Find("kv")!.Primary.ShouldBe("n1");
        view.Take(new ServiceMapDocument { Id = "c.1.2", Node = "n2", Services = [], Removed = ["kv"] });
        view.Find("kv").ShouldBeNull();
        view.LastEventId.ShouldBe("c.1.2");
    }

    [Fact]
    public void What_a_slower_node_tells_later_does_not_count()
    {
        var view = View("n1");
        view.Take(Map(10, "n2")).ShouldBeTrue();
        view.Take(Map(9, "n1")).ShouldBeFalse();
        view.Take(Map(10, "n1")).ShouldBeFalse();
        view.Find("kv")!.Primary.ShouldBe("n2");
        view.Take(Map(1, "n3") with { Id = "another.1.1" }).ShouldBeTrue("another cluster is at these addresses");
        view.Find("kv")!.Primary.ShouldBe("n3");
    }

    /// <summary>A request that may not be repeated is never sent after it may have taken effect.</summary>
    [Fact]
    public void Nothing_unsafe_is_repeated_and_everything_ends() => Gen.Select(
        Gen.Enum<AttemptEnd>().Array[1, 40], Gen.Bool, Gen.Int[0, 3].Array[41]).Sample((ends, mayRepeat, primaries) =>
    {
        var (plan, view, now) = (Plan(mayRepeat), View("n1"), TimeSpan.Zero);
        var mayHaveTakenEffect = false;
        foreach (var (number, end) in ends.Index())
        {
            view.Take(Map(number + 2, primaries[number] == 0 ? null : $"n{primaries[number]}"));
            while (plan.Next(view, now) is RequestStep.Wait wait)
            {
                wait.AtMost.ShouldBeGreaterThan(TimeSpan.Zero);
                now += wait.AtMost;
            }

            if (plan.Next(view, now) is not RequestStep.Send send) return;
            (mayHaveTakenEffect && !mayRepeat).ShouldBeFalse();
            mayHaveTakenEffect |= end is AttemptEnd.Unknown or AttemptEnd.Unavailable;
            if (!plan.Ended(send, end, view)) return;
        }
    });

    private static RequestPlan Plan(bool mayRepeat = true) => new("kv", mayRepeat, _until);

    private static ClusterView View(string? primary, bool isFrozen = false)
    {
        var view = new ClusterView([new Uri("http://n1:1"), new Uri("http://n2:1")]);
        view.Take(Map(1, primary, isFrozen));
        return view;
    }

    internal static ServiceMapDocument Map(long version, string? primary, bool isFrozen = false) => new()
    {
        Id = $"c.1.{version}",
        Node = "n1",
        Nodes = [new("n1", "http://n1:1"), new("n2", "http://n2:1"), new("n3", "http://n3:1")],
        Services =
        [
            new ServiceMapEntry
            {
                Name = "kv",
                Kind = "kv",
                Version = version,
                Lineage = 1,
                Primary = primary,
                Frozen = isFrozen,
                Endpoints = primary is null ? [] : [new(primary, "primary", $"http://{primary}:1/svc/kv")],
            },
        ],
    };

    private static string Sent(RequestPlan plan, ClusterView view)
    {
        var send = plan.Next(view, TimeSpan.Zero).ShouldBeOfType<RequestStep.Send>();
        return send.Url + (send.IsPrimary ? " primary" : "");
    }

    private static bool End(RequestPlan plan, ClusterView view, AttemptEnd end) =>
        plan.Ended((RequestStep.Send)plan.Next(view, TimeSpan.Zero), end, view);
}
