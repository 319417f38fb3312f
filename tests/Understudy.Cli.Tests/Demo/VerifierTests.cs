using Understudy.Cli.Demo;
using Understudy.Verification;

namespace Understudy.Cli.Tests;

public sealed class VerifierTests
{
    private readonly List<Operation> _history = [];
    private long _now;

    [Fact]
    public void A_run_that_kept_everything_is_good()
    {
        Put(1, "a", 10);
        Increment(2, "n", 1);
        Increment(2, "n", 2);
        Read("a", 10);
        Read("n", 2);

        Verifier.Check(_history).ShouldBe(new Findings(3, 0, 0, true, null));
    }

    [Fact]
    public void Acknowledged_puts_after_the_one_that_is_found_are_lost()
    {
        Put(1, "a", 10);
        Put(1, "a", 11);
        Put(1, "a", 12);
        Read("a", 10);

        var findings = Verifier.Check(_history);

        findings.Lost.ShouldBe(2);
        findings.Linearizable.ShouldBeFalse();
        findings.Finding.ShouldBe("2 acknowledged writes of a are not there");
        findings.AreGood.ShouldBeFalse();
    }

    [Fact]
    public void All_puts_of_a_key_that_is_gone_are_lost()
    {
        Put(1, "a", 10);
        Put(1, "a", 11);
        Read("a", null);

        Verifier.Check(_history).Lost.ShouldBe(2);
    }

    [Fact]
    public void A_put_without_an_answer_may_be_there_or_not()
    {
        Put(1, "a", 10);
        Put(1, "a", 11, KvOutcome.Unknown);
        Put(1, "b", 20);
        Put(1, "b", 21, KvOutcome.Unknown);
        Read("a", 10);
        Read("b", 21);

        Verifier.Check(_history).ShouldBe(new Findings(2, 0, 0, true, null));
    }

    [Fact]
    public void A_count_below_the_acknowledged_increments_is_a_loss()
    {
        Increment(1, "n", 1);
        Increment(1, "n", 2);
        Read("n", 1);

        Verifier.Check(_history).Lost.ShouldBe(1);
    }

    [Fact]
    public void A_count_above_all_increments_is_a_duplicate()
    {
        Increment(1, "n", 1);
        Increment(1, "n", 2, KvOutcome.Unknown);
        Read("n", 3);

        var findings = Verifier.Check(_history);

        findings.Duplicated.ShouldBe(1);
        findings.Lost.ShouldBe(0);
        findings.Finding.ShouldBe("1 increments of n took effect twice");
    }

    [Fact]
    public void A_stale_read_of_a_shared_key_breaks_the_history()
    {
        Put(1, "s", 10);
        Put(2, "s", 11);
        Read("s", 10);

        var findings = Verifier.Check(_history);

        findings.Lost.ShouldBe(0);
        findings.Linearizable.ShouldBeFalse();
        findings.Finding!.ShouldStartWith("NotLinearizable: s, ");
    }

    private void Put(int client, string key, long value, KvOutcome outcome = KvOutcome.Done) =>
        Add(client, DemoClient.Ask(KvOperationKind.Put, key) with { Argument = value, Outcome = outcome });

    private void Increment(int client, string key, long value, KvOutcome outcome = KvOutcome.Done) =>
        Add(client, DemoClient.Ask(KvOperationKind.Increment, key) with
        {
            Argument = 1,
            Value = value,
            Outcome = outcome,
        });

    private void Read(string key, long? value) =>
        Add(9, DemoClient.Ask(KvOperationKind.Get, key) with
        {
            Value = value ?? 0,
            Outcome = value is null ? KvOutcome.Refused : KvOutcome.Done,
        });

    private void Add(int client, KvOperation done) =>
        _history.Add(new Operation(client, done with { CalledAt = _now++, ReturnedAt = _now++ }));
}
