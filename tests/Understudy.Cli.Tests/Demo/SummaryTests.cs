using Understudy.Cli.Demo;

namespace Understudy.Cli.Tests;

public sealed class SummaryTests
{
    private static readonly Findings Good = new(1234, 0, 0, true, null);

    [Theory]
    [InlineData(0.5, 0, new double[0])]
    [InlineData(0.5, 3, new double[] { 3 })]
    [InlineData(0.5, 1, new double[] { 1, 2 })]
    [InlineData(0.5, 2, new double[] { 3, 1, 2 })]
    [InlineData(0.99, 9, new double[] { 1, 9, 2 })]
    [InlineData(1, 9, new double[] { 1, 9, 2 })]
    [InlineData(0, 1, new double[] { 1, 9, 2 })]
    public void A_percentile_is_the_nearest_rank(double share, double expected, double[] values) =>
        Summary.Percentile(values, share).ShouldBe(expected);

    [Fact]
    public void The_json_is_the_promised_object() => Of(Good).ToJson().ShouldBe(
        "{\"rounds\":3,\"failovers\":3,\"requests\":5000,\"errors\":0," +
        "\"acknowledged\":1234,\"lost\":0,\"duplicated\":0,\"linearizable\":true," +
        "\"gapMilliseconds\":{\"p50\":8.25,\"max\":30}," +
        "\"phasesMilliseconds\":{\"detect\":4,\"agree\":1,\"select\":0,\"activate\":2,\"reach\":1}," +
        "\"node\":{\"idleCpuPercent\":0.57,\"rssMegabytes\":61.5}}");

    [Fact]
    public void The_summary_is_read_by_people() => Of(Good).ToString().ShouldBe(
        """
        3 rounds, 3 failovers
        gap       p50 8.3 ms, max 30.0 ms without an answer for one writer, around a fault; its parts (p50):
          detect     4.0 ms  the other nodes notice
          agree      1.0 ms  they agree on a view without the node
          select     0.0 ms  the replica manager's primary is chosen, if it was on that node
          activate   2.0 ms  the new primary of kv takes requests
          reach      1.0 ms  a client's next write is answered there
        requests  5000, 0 ended in an error
        writes    1234 acknowledged, 0 lost, 0 took effect twice
        history   linearizable: as if all clients had asked one program that never fails
        pause     45.0 ms at most in the whole run, the nodes' restarts included
        node      0.6 % CPU idle, 62 MB at most
        OK: no client got an error, and nothing acknowledged was lost
        """);

    [Fact]
    public void A_lost_write_is_a_failure_that_is_named()
    {
        var summary = Of(Good with { Lost = 1, Finding = "1 acknowledged writes of a are not there" });

        summary.IsGood.ShouldBeFalse();
        summary.ToString().ShouldEndWith("\nFAILED: 1 acknowledged writes of a are not there");
    }

    [Fact]
    public void An_error_that_a_client_got_is_a_failure()
    {
        var summary = Of(Good) with { Requests = new Requests(5000, 2) };

        summary.IsGood.ShouldBeFalse();
        summary.ToString().ShouldEndWith("\nFAILED: 2 requests ended in an error");
    }

    [Fact]
    public void A_round_without_a_failover_is_a_failure() => (Of(Good) with { Rounds = 4 }).IsGood.ShouldBeFalse();

    [Fact]
    public void A_failover_is_one_plain_line() => PlainView.Describe(Of(Good).Failovers[0]).ShouldBe(
        "  n2 is primary now: gap 8.3 ms (of which detect 4.0, agree 1.0, select 0.0, activate 2.0, reach 1.0)");

    [Fact]
    public void The_loss_of_a_secondary_is_one_plain_line() =>
        PlainView.Describe(new Round(1, Fault.KillSecondary, "n3", "n1", 3.04, null)).ShouldBe(
            "  n1 goes on without n3: gap 3.0 ms");

    [Fact]
    public void Mixed_faults_take_turns() =>
        Enumerable.Range(0, 5).Select(round => Fault.Mixed.Of(round)).ShouldBe(
            [Fault.Kill, Fault.KillSecondary, Fault.Hang, Fault.Restart, Fault.Kill]);

    [Fact]
    public void Every_fault_has_its_name() =>
        Faults.Names.Select(Faults.Parse).ShouldBe(Enum.GetValues<Fault>());

    private static Summary Of(Findings findings) => new(
        3,
        [
            new Round(1, Fault.Kill, "n1", "n2", 8.25, new Phases(4, 1, 0, 2, 1)),
            new Round(2, Fault.Kill, "n2", "n3", 30, new Phases(9, 2, 0, 3, 9)),
            new Round(3, Fault.Kill, "n3", "n1", 2, new Phases(1, 1, 0, 1, 0)),
        ],
        new Requests(5000, 0),
        findings,
        new NodeCost(0.5678, 61.5),
        45);
}
