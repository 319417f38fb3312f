using Understudy.Client.Protocol;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

public class StreamPlanTests
{
    private static readonly Uri _first = new("http://n1:1");
    private static readonly Uri _second = new("http://n2:1");
    private static readonly Uri _third = new("http://n3:1");

    [Fact]
    public void Two_streams_hear_two_nodes()
    {
        var view = new ClusterView([_first, _second]);
        var (one, other) = (Free(), new StreamPlan(mayHearTheOnlyNode: false));
        one.Next(view, other.Heard).ShouldBe(new StreamStep.Listen(_first, null));
        other.Next(view, one.Heard).ShouldBe(new StreamStep.Listen(_second, null));
        one.Ended(view);
        one.Next(view, other.Heard).ShouldBe(new StreamStep.Listen(_first, null));
    }

    [Fact]
    public void The_only_node_is_heard_by_one_stream_and_the_other_awaits_a_node()
    {
        var view = new ClusterView([_first]);
        Free().Next(view, besides: _first).ShouldBe(new StreamStep.Listen(_first, null));
        new StreamPlan(mayHearTheOnlyNode: false).Next(view, besides: _first)
            .ShouldBeOfType<StreamStep.AwaitNode>();
    }

    [Fact]
    public void Nodes_that_tell_nothing_are_tried_one_after_another_with_pauses_that_grow_to_a_bound()
    {
        var (plan, view) = (Free(), new ClusterView([_first, _second, _third]));
        var pause = StreamPlan.FirstPause;
        for (var round = 0; round < 10; round++)
        {
            foreach (var node in view.Nodes)
            {
                plan.Next(view, besides: null).ShouldBe(new StreamStep.Listen(node, null));
                plan.Ended(view);
            }

            plan.Next(view, besides: null).ShouldBe(new StreamStep.Pause(pause));
            pause = pause * 2 < StreamPlan.LongestPause ? pause * 2 : StreamPlan.LongestPause;
        }

        pause.ShouldBe(StreamPlan.LongestPause);
    }

    [Fact]
    public void A_stream_that_told_something_is_followed_by_another_at_once_from_the_last_event()
    {
        var (plan, view) = (Free(), new ClusterView([_first]));
        for (var round = 0; round < 3; round++)
        {
            plan.Next(view, besides: null).ShouldBeOfType<StreamStep.Listen>();
            plan.Ended(view);
            plan.Next(view, besides: null).ShouldBeOfType<StreamStep.Pause>();
        }

        plan.Next(view, besides: null).ShouldBeOfType<StreamStep.Listen>();
        view.Take(new ServiceMapDocument { Id = "c.1.2", Node = "n1", Services = [] });
        plan.Told();
        plan.Ended(view);
        plan.Next(view, besides: null).ShouldBe(new StreamStep.Listen(_first, "c.1.2"));
        plan.Ended(view);
        plan.Next(view, besides: null).ShouldBe(
            new StreamStep.Pause(StreamPlan.FirstPause), "it has told something, so it begins anew");
    }

    private static StreamPlan Free() => new(mayHearTheOnlyNode: true);
}
