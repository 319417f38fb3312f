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
        "{\"rounds\":3,\"failovers\":3,\"acknowledged\":1234,\"lost\":0,\"duplicated\":0,\"linearizable\":true," +
        "\"gapMilliseconds\":{\"p50\":8.25,\"max\":30}," +
        "\"phasesMilliseconds\":{\"detect\":4,\"agree\":1,\"select\":0,\"activate\":2,\"reach\":1}," +
        "\"node\":{\"idleCpuPercent\":0.57,\"rssMegabytes\":61.5}}");

    [Fact]
    public void The_summary_is_read_by_people() => Of(Good).ToString().ShouldBe(
        """
        3 rounds, 3 failovers
        gap      p50 8.3 ms, max 30.0 ms between two acknowledged writes around a fault
        phases   detect 4.0, agree 1.0, select 0.0, activate 2.0, reach 1.0 (p50, ms)
        writes   1234 acknowledged, 0 lost, 0 took effect twice
        history  linearizable (5000 operations)
        pause    45.0 ms at most in the whole run, the nodes' restarts included
        node     0.6 % CPU idle, 62 MB at most
        OK: nothing acknowledged was lost
        """);

    [Fact]
    public void A_lost_write_is_a_failure_that_is_named()
    {
        var summary = Of(Good with { Lost = 1, Finding = "1 acknowledged writes of a are not there" });

        summary.IsGood.ShouldBeFalse();
        summary.ToString().ShouldEndWith("\nFAILED: 1 acknowledged writes of a are not there");
    }

    [Fact]
    public void A_round_without_a_failover_is_a_failure() => (Of(Good) with { Rounds = 4 }).IsGood.ShouldBeFalse();

    [Fact]
    public void A_failover_is_one_plain_line() => PlainView.Describe(Of(Good).Failovers[0]).ShouldBe(
        "  n2 is primary now: gap 8.3 ms (detect 4.0, agree 1.0, select 0.0, activate 2.0, reach 1.0)");

    [Fact]
    public void The_loss_of_a_secondary_is_one_plain_line() =>
        PlainView.Describe(new Round(1, Fault.KillSecondary, "n3", "n1", 3.04, null)).ShouldBe(
            "  n3 has left the in-sync set: gap 3.0 ms");

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
        findings,
        new NodeCost(0.5678, 61.5),
        5000,
        45);
}
