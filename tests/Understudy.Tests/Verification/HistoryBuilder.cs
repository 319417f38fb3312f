using Understudy.Verification;
using static Understudy.Verification.KvOperationKind;

namespace Understudy.Tests.Verification;

/// <summary>Writes a history down, one operation a line: what it was, when, and how it ended.</summary>
internal sealed class HistoryBuilder(string key = "k")
{
    private readonly List<KvOperation> _history = [];

    public LinearizabilityResult Check(long maxSteps = LinearizabilityChecker.DefaultSteps) =>
        LinearizabilityChecker.Check(_history, maxSteps);

    public HistoryBuilder Wrote(long value, long from, long to, long version = 0) =>
        Add(Put, KvOutcome.Done, from, to, argument: value, version: version);

    public HistoryBuilder MayWrite(long value, long from) =>
        Add(Put, KvOutcome.Unknown, from, KvOperation.Never, argument: value);

    public HistoryBuilder Read(long value, long from, long to, long version = 0) =>
        Add(Get, KvOutcome.Done, from, to, value: value, version: version);

    public HistoryBuilder ReadNothing(long from, long to) => Add(Get, KvOutcome.Refused, from, to);

    public HistoryBuilder Removed(long from, long to) => Add(Delete, KvOutcome.Done, from, to);

    public HistoryBuilder HadNothingToRemove(long from, long to) => Add(Delete, KvOutcome.Refused, from, to);

    public HistoryBuilder Counted(long to, long from, long until) =>
        Add(Increment, KvOutcome.Done, from, until, argument: 1, value: to);

    public HistoryBuilder MayCount(long from) =>
        Add(Increment, KvOutcome.Unknown, from, KvOperation.Never, argument: 1);

    public HistoryBuilder Swapped(long expected, long value, long from, long to, long version = 0) =>
        Add(CompareAndSet, KvOutcome.Done, from, to, argument: value, expected: expected, version: version);

    public HistoryBuilder FailedToSwap(long expected, long from, long to) =>
        Add(CompareAndSet, KvOutcome.Refused, from, to, expected: expected);

    public HistoryBuilder MaySwap(long expected, long value, long from) =>
        Add(CompareAndSet, KvOutcome.Unknown, from, KvOperation.Never, argument: value, expected: expected);

    private HistoryBuilder Add(
        KvOperationKind kind,
        KvOutcome outcome,
        long from,
        long to,
        long argument = 0,
        long expected = 0,
        long value = 0,
        long version = 0)
    {
        _history.Add(new KvOperation
        {
            Key = key,
            Kind = kind,
            CalledAt = from,
            ReturnedAt = to,
            Outcome = outcome,
            Argument = argument,
            Expected = expected,
            Value = value,
            Version = version,
        });
        return this;
    }
}
