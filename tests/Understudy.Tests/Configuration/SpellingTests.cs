namespace Understudy.Tests;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void The_distance_counts_edits(string a, string b, int expected) =>
        Spelling.Distance(a, b).ShouldBe(expected);

    [Fact]
    public void A_word_far_from_all_is_no_guess() => Spelling.Nearest("colour", ["address", "http"]).ShouldBeNull();
}
