using CsCheck;
using Understudy.Cli.Demo;

namespace Understudy.Cli.Tests;

public sealed class GapTests
{
    [Theory]
    [InlineData(100, 200, 100, "90 120 150 160 260")] // One that ends after the window counts too,
    [InlineData(100, 140, 30, "90 120 150 400")] // but not one that begins after it,
    [InlineData(100, 160, 10, "50 100 110 120 130 140 150 160")] // nor one that ends before it.
    [InlineData(100, 200, 110, "90")]
    [InlineData(100, 200, 100, "")]
    [InlineData(100, 200, 60, "90 110 140")]
    public void The_gap_is_the_longest_wait_that_touches_the_window(
        long from, long until, double expected, string acks) =>
        Gap.Longest(Parse(acks), from * 1_000_000, until * 1_000_000).ShouldBe(expected);

    [Fact]
    public void The_gap_agrees_with_a_slow_search() =>
        Gen.Long[0, 1000].Array[0, 30].Select(Gen.Long[0, 1000], Gen.Long[0, 1000]).Sample((acks, a, b) =>
        {
            var (from, until) = (Math.Min(a, b), Math.Max(a, b));
            var sorted = acks.Distinct().Order().ToArray();
            return Gap.Longest(sorted, from, until) == Slow(sorted, from, until) / 1e6;
        });

    private static long Slow(long[] acks, long from, long until)
    {
        long[] ends = acks.Length > 0 && acks[^1] >= until ? acks : [.. acks, until];
        var longest = 0L;
        for (var i = 0; i < ends.Length; i++)
        {
            var last = i == 0 ? from : ends[i - 1];
            if (ends[i] > from && last < until) longest = Math.Max(longest, ends[i] - last);
        }

        return longest;
    }

    private static long[] Parse(string acks) =>
        [.. acks.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ack => long.Parse(ack, null) * 1_000_000)];
}
