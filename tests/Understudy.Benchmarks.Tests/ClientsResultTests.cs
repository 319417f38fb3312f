namespace Understudy.Benchmarks.Tests;

public class ClientsResultTests
{
    private static readonly Comparison _less = new(new Percentiles(0.2, 0.9), new Percentiles(0.3, 1));
    private static readonly Comparison _more = new(new Percentiles(0.2, 1), new Percentiles(0.45, 0.9));

    private static readonly ClientsResult _whole = new()
    {
        Gateway = new WayIn(_less, _more),
        Client = new WayIn(_more, _less),
        Gap = new GapResult(Gaps.Of([30, 20, 25]), Gaps.Of([26]), Gaps.Of([22]), 1000, 0, 0, 0),
        Tcp = new TcpResult(new TcpRate(2000, 100), new TcpRate(1000, 50), new TcpRate(900, 60)),
        Resumes = [90, 120, 100],
    };

    [Fact]
    public void Its_JSON_begins_with_the_agreed_names() => _whole.ToJson().ShouldStartWith(
        "{\"gatewayAddedMilliseconds\":{\"p50\":0.25,\"p99\":0.1},"
        + "\"clientAddedMilliseconds\":{\"p50\":0.25,\"p99\":0.1},"
        + "\"gapMilliseconds\":{\"p50\":25,\"max\":30},\"tcpShareOfHaproxy\":0.9,\"tcpShareOfDirect\":0.45,"
        + "\"resumeMilliseconds\":100,\"lost\":0,\"duplicated\":0,"
        + "\"failoverMilliseconds\":{\"p50\":22,\"max\":22}");

    [Fact]
    public void What_was_not_measured_is_left_out() =>
        (_whole with { Gateway = null, Client = null, Gap = null, Resumes = null }).ToJson().ShouldBe(
            """{"tcpShareOfHaproxy":0.9,"tcpShareOfDirect":0.45}""");

    [Theory]
    [InlineData(0, 0, 0, true)]
    [InlineData(1, 0, 0, false)]
    [InlineData(0, 1, 0, false)]
    [InlineData(0, 0, 1, false)]
    public void It_is_good_if_no_client_was_told_anything_wrong(int lost, int duplicated, int failed, bool isGood) =>
        (_whole with { Gap = _whole.Gap! with { Lost = lost, Duplicated = duplicated, Failed = failed } })
            .IsGood.ShouldBe(isGood);

    [Fact]
    public void An_answer_is_whole_when_all_of_its_value_has_come()
    {
        ValueConnection.IsWhole("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"u8).ShouldBeFalse();
        ValueConnection.IsWhole("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n12"u8).ShouldBeFalse();
        ValueConnection.IsWhole("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n123"u8).ShouldBeTrue();
        Should.Throw<IOException>(() => ValueConnection.IsWhole("HTTP/1.1 404 Not Found\r\n"u8))
            .Message.ShouldContain("404");
    }
}
