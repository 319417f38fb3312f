using CsCheck;

namespace Understudy.Kernel.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("10ms", 10)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2 m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1d", 86_400_000)]
    public void A_number_and_a_unit_are_a_duration(string text, double milliseconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("1 week")]
    [InlineData("99999999999999999999d")]
    public void Anything_else_is_none(string text) => Durations.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void What_is_written_is_read_again() => Gen.Int[1, 100_000_000].Sample(milliseconds =>
    {
        var duration = TimeSpan.FromMilliseconds(milliseconds);
        Durations.TryParse(Durations.Text(duration), out var read).ShouldBeTrue();
        Math.Abs((read / duration) - 1).ShouldBeLessThan(0.001);
    });
}
