namespace Understudy.Benchmarks.Tests;

public class RateTests
{
    [Fact]
    public void A_rate_counts_what_was_done_in_the_time()
    {
        var rate = Rate.Of([.. Enumerable.Range(1, 200).Select(each => (double)each)], TimeSpan.FromSeconds(4));
        rate.ShouldBe(new Rate(50, 100, 198, 200));
    }

    [Fact]
    public void Nothing_done_is_a_rate_of_nothing() =>
        Rate.Of([], TimeSpan.FromSeconds(1)).ShouldBe(new Rate(0, 0, 0, 0));

    [Fact]
    public void Its_JSON_has_the_agreed_names() => new Rate(1234.6, 0.1234, 2, 3).ToJson().ShouldBe(
        """{"commitsPerSecond":1235,"latencyMilliseconds":{"p50":0.123,"p99":2,"max":3}}""");

    [Fact]
    public void A_write_is_acknowledged_by_a_whole_204()
    {
        PutConnection.IsWhole("HTTP/1.1 204 No Content\r\nETag: \"1\"\r\n"u8).ShouldBeFalse();
        PutConnection.IsWhole("HTTP/1.1 204 No Content\r\nETag: \"1\"\r\n\r\n"u8).ShouldBeTrue();
        Should.Throw<IOException>(() => PutConnection.IsWhole("HTTP/1.1 503 Service Unavailable\r\n"u8))
            .Message.ShouldContain("503");
    }
}
