using Understudy.Transport;

namespace Understudy.Transport.Tests;

public sealed class SingleFieldTests
{
    [Theory]
    [InlineData("0a00", true)]
    [InlineData("0a0401020304", true)]
    [InlineData("a20600", true)]
    [InlineData("0a8000", true)]
    [InlineData("", false)]
    [InlineData("0a", false)]
    [InlineData("0a01", false)]
    [InlineData("0a0401020304ff", false)]
    [InlineData("0a000a00", false)]
    [InlineData("0800", false)]
    [InlineData("0aff", false)]
    [InlineData("0affffffffff", false)]
    [InlineData("ffffffffffffffff", false)]
    public void A_body_is_one_field_that_fills_it_or_it_is_not(string hex, bool expected) =>
        SingleField.Fills(Convert.FromHexString(hex)).ShouldBe(expected);
}
