using CsCheck;
using Understudy.Http;

namespace Understudy.Tests.Http;

public class TargetTests
{
    [Theory]
    [InlineData("/a/b?c=/d", "a,b")]
    [InlineData("http://host:1/a/b", "a,b")]
    [InlineData("http://host", "")]
    [InlineData("*", "*")]
    [InlineData("/a%2Fb", "a%2Fb")]
    public void A_target_is_split_at_its_slashes(string target, string parts) =>
        string.Join(',', Target.Split(target)).ShouldBe(parts);

    [Fact]
    public void What_was_encoded_is_decoded() => Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
    {
        Target.TryDecode(Uri.EscapeDataString(text), out var decoded, out var reason).ShouldBeTrue(reason);
        decoded.ShouldBe(text);
    });

    [Theory]
    [InlineData("%")]
    [InlineData("a%4")]
    [InlineData("%zz")]
    [InlineData("%C3%28")]
    public void Damaged_encoding_is_refused_with_a_reason(string part)
    {
        Target.TryDecode(part, out _, out var reason).ShouldBeFalse();
        reason.ShouldNotBeEmpty();
    }
}
