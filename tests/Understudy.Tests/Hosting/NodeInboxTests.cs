using Understudy.Hosting;
using Understudy.Protocol;

namespace Understudy.Tests.Hosting;

public sealed class NodeInboxTests
{
    private readonly NodeInbox _inbox = new();
    private readonly List<long> _stepped = [];
    private List<NodeInput> _batch = [];
    private int _owners;
    private bool _hasOverlapped;

    public NodeInboxTests()
    {
        _inbox.Step = () =>
        {
            do
            {
                Turn();
            }
            while (!_inbox.GiveBack(isLast: false));
        };
        _inbox.GiveBack(isLast: false).ShouldBeTrue("the loop's own thread has it at first");
    }

    [Fact]
    public void Whoever_posts_while_nobody_has_the_loop_steps_it()
    {
        _inbox.Post(Input(1));
        _stepped.ShouldBe([1]);
    }

    [Fact]
    public void What_is_posted_within_a_turn_comes_after_it_and_does_not_recurse()
    {
        var step = _inbox.Step;
        _inbox.Step = () =>
        {
            _inbox.Post(Input(2));
            _stepped.ShouldBeEmpty("a turn is under way");
            step();
        };
        _inbox.Post(Input(1));
        _stepped.ShouldBe([1, 2]);
    }

    [Fact]
    public void What_is_only_added_waits_for_a_turn()
    {
        _inbox.Add(Input(1));
        _stepped.ShouldBeEmpty();
        _inbox.Turn();
        _stepped.ShouldBe([1]);
    }

    [Fact]
    public void What_is_posted_aside_is_the_own_threads()
    {
        _inbox.PostAside(Input(1));
        _inbox.Post(Input(2));
        _stepped.ShouldBeEmpty("the loop's own thread goes first");
        _inbox.Await(Timeout.InfiniteTimeSpan);
        Turn();
        _stepped.ShouldBe([1, 2]);
    }

    [Fact]
    public void Who_gives_it_back_for_the_last_time_leaves_the_rest_to_the_own_thread()
    {
        _inbox.Step = () => _inbox.GiveBack(isLast: true).ShouldBeTrue();
        _inbox.Post(Input(1));
        _inbox.Await(Timeout.InfiniteTimeSpan);
        Turn();
        _stepped.ShouldBe([1]);
    }

    [Fact]
    public void Many_threads_inputs_are_stepped_once_each_one_at_a_time_and_in_each_threads_order()
    {
        const int Threads = 4;
        const int Inputs = 5000;
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            for (var number = 0; number < Inputs; number++) _inbox.Post(Input((thread * Inputs) + number));
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        _inbox.Turn();

        _hasOverlapped.ShouldBeFalse();
        _stepped.Count.ShouldBe(Threads * Inputs);
        foreach (var ofOne in _stepped.GroupBy(number => number / Inputs)) ofOne.ShouldBe(ofOne.Order());
    }

    private static NodeInput.RequestAbandoned Input(long number) => new(number);

    private void Turn()
    {
        if (Interlocked.Increment(ref _owners) != 1) _hasOverlapped = true;
        _inbox.Take(ref _batch);
        _stepped.AddRange(_batch.Cast<NodeInput.RequestAbandoned>().Select(input => input.Number));
        Interlocked.Decrement(ref _owners);
    }
}
