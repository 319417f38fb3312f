using CsCheck;
using Understudy.Kernel;
using Understudy.Replication.Protocol;

namespace Understudy.Replication.Tests.Protocol;

public sealed class AnsweredRequestsTests
{
    private static readonly Incarnation _gateway = new(1, 1);

    [Fact]
    public void What_a_gateway_will_not_send_again_is_forgotten_and_all_else_is_kept_in_order() =>
        Gen.Select(Gen.Long[0, 40], Gen.Long[0, 40], (number, lowest) => (number, lowest)).Array[0, 60].Sample(steps =>
        {
            var answered = new AnsweredRequests(_gateway);
            SortedDictionary<long, byte[]> simple = [];
            long pending = 0;
            foreach (var (number, lowest) in steps)
            {
                byte[] answer = [(byte)number];
                answered.GiveUpBelow(lowest);
                answered.Remember(number, answer);
                pending = Math.Max(pending, lowest);
                simple[number] = answer;
                foreach (var old in simple.Keys.Where(key => key < pending).ToList()) simple.Remove(old);
            }

            answered.LowestPending.ShouldBe(pending);
            answered.Count.ShouldBe(simple.Count);
            answered.InOrder.Select(each => each.Key).ShouldBe(simple.Keys);
            foreach (var number in simple.Keys) answered.TryFind(number, out _).ShouldBeTrue();
        });

    [Fact]
    public void A_gateway_that_skips_far_ahead_costs_no_more_than_what_is_kept()
    {
        var answered = new AnsweredRequests(_gateway);
        answered.Remember(1, default);
        answered.GiveUpBelow(long.MaxValue);
        answered.Count.ShouldBe(0);
    }
}
