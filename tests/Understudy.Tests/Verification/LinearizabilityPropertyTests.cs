using CsCheck;
using Understudy.Verification;

namespace Understudy.Tests.Verification;

public class LinearizabilityPropertyTests
{
    private static readonly Gen<KvOperation> AnyOperation = Gen.Select(
        Gen.Enum<KvOperationKind>(), Gen.Int[0, 9], Gen.Int[0, 12], Gen.Int[0, 6], Gen.Int[0, 2], Gen.Int[0, 2],
        (kind, outcome, from, length, argument, value) => new KvOperation
        {
            Key = "k",
            Kind = kind,
            CalledAt = from,
            ReturnedAt = from + length,
            Outcome = outcome < 1 ? KvOutcome.Unknown
                : outcome < 3 && kind is not (KvOperationKind.Put or KvOperationKind.Increment) ? KvOutcome.Refused
                : KvOutcome.Done,
            Argument = argument,
            Value = value,
        });

    [Fact]
    public void It_agrees_with_a_brute_force_checker_on_small_histories()
    {
        var linearizable = 0;
        var broken = 0;
        AnyOperation.Array[1, 6].Sample(
            history =>
            {
                var expected = BruteForce.IsLinearizable(history);
                Interlocked.Increment(ref expected ? ref linearizable : ref broken);
                var verdict = LinearizabilityChecker.Check(history).Verdict;
                return verdict == (expected ? Verdict.Linearizable : Verdict.NotLinearizable);
            },
            iter: 20_000);

        linearizable.ShouldBeGreaterThan(1000);
        broken.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void What_a_real_register_did_is_linearizable() => Gen.Int.Sample(
        seed => LinearizabilityChecker.Check(
            RealRegister.Run(seed, operations: 300, lost: 0.02)).Verdict == Verdict.Linearizable,
        iter: 100);

    [Fact]
    public void A_stale_read_at_the_end_of_a_long_history_is_found() => Gen.Int.Sample(
        seed =>
        {
            var history = RealRegister.Run(seed, operations: 60, lost: 0);
            var last = history.Max(operation => operation.ReturnedAt);
            history.Add(Sequel(KvOperationKind.Put, last + 1, value: 1000));
            history.Add(Sequel(KvOperationKind.Put, last + 3, value: 1001));
            history.Add(Sequel(KvOperationKind.Get, last + 5, value: 1000));
            return LinearizabilityChecker.Check(history) is { Verdict: Verdict.NotLinearizable, Key: "a" };
        },
        iter: 100);

    private static KvOperation Sequel(KvOperationKind kind, long at, long value) => new()
    {
        Key = "a",
        Kind = kind,
        CalledAt = at,
        ReturnedAt = at + 1,
        Outcome = KvOutcome.Done,
        Argument = value,
        Value = value,
    };
}
