using CsCheck;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class ReplicaLogTests
{
    [Fact]
    public void A_log_has_no_gaps()
    {
        var log = Log(1, 2);

        Should.Throw<InvariantViolationException>(() => log.Append(Entry(1, 4)));
        Should.Throw<InvariantViolationException>(() => log.Append(Entry(1, 2)));
    }

    [Fact]
    public void Versions_in_a_log_only_grow()
    {
        var log = Log(1, 2);
        log.Append(Entry(3, 3));

        Should.Throw<InvariantViolationException>(() => log.Append(Entry(2, 4)));
    }

    [Fact]
    public void The_base_stands_for_what_was_compacted()
    {
        var log = Log(1, 5);
        log.CompactTo(3);

        log.BaseSequence.ShouldBe(3);
        log.LastSequence.ShouldBe(5);
        log.SizeBytes.ShouldBe(2);
        log.VersionAt(3).ShouldBe(Version(1));
        log.Knows(2).ShouldBeFalse();
        log.Knows(3).ShouldBeTrue();
        log.Knows(6).ShouldBeFalse();
        log.CompactTo(2);
        log.BaseSequence.ShouldBe(3);
    }

    [Fact]
    public void A_reset_log_is_empty_after_its_base()
    {
        var log = Log(1, 5);
        log.Reset(9, Version(4));

        log.LastSequence.ShouldBe(9);
        log.LastVersion.ShouldBe(Version(4));
        log.SizeBytes.ShouldBe(0);
        log.Append(Entry(4, 10));
        log[10].ShouldBe(Entry(4, 10), comparer: ByNumber);
    }

    [Fact]
    public void A_part_of_the_log_keeps_to_its_bounds_but_is_never_empty()
    {
        var log = new ReplicaLog(0, ConfigurationVersion.None, [Entry(1, 1, "long"), Entry(1, 2, "long"), Entry(1, 3)]);

        Numbers(log.From(1, 10, 100)).ShouldBe([1, 2, 3]);
        Numbers(log.From(2, 10, 100)).ShouldBe([2, 3]);
        Numbers(log.From(1, 2, 100)).ShouldBe([1, 2]);
        Numbers(log.From(1, 10, 8)).ShouldBe([1, 2]);
        Numbers(log.From(1, 10, 1)).ShouldBe([1]);
        Numbers(log.From(4, 10, 100)).ShouldBeEmpty();
    }

    // The model is a plain list of payload lengths.
    [Fact]
    public void A_log_is_a_list_whatever_is_appended_truncated_and_compacted() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 8]).List[0, 40].Sample(steps =>
        {
            var log = new ReplicaLog(0, ConfigurationVersion.None, []);
            SortedDictionary<long, int> model = [];
            var floor = 0L;
            foreach (var (what, amount) in steps)
            {
                var last = model.Count > 0 ? model.Keys.Last() : floor;
                var at = floor + Math.Min(amount, last - floor);
                switch (what)
                {
                    case 0:
                        model[last + 1] = amount;
                        log.Append(Entry(1, last + 1, new string('x', amount)));
                        break;
                    case 1:
                        foreach (var gone in model.Keys.Where(k => k > at).ToList()) model.Remove(gone);
                        log.TruncateAfter(at);
                        break;
                    default:
                        foreach (var gone in model.Keys.Where(k => k <= at).ToList()) model.Remove(gone);
                        (floor, _) = (Math.Max(floor, at), 0);
                        log.CompactTo(at);
                        break;
                }

                log.BaseSequence.ShouldBe(floor);
                log.LastSequence.ShouldBe(model.Count > 0 ? model.Keys.Last() : floor);
                log.SizeBytes.ShouldBe(model.Values.Sum());
                Numbers(log.From(floor + 1, 100, 1_000)).ShouldBe(model.Keys);
            }
        });

    private static IEqualityComparer<LogEntry> ByNumber { get; } =
        EqualityComparer<LogEntry>.Create((a, b) => a?.Sequence == b?.Sequence && a?.Version == b?.Version);

    private static ReplicaLog Log(long version, int count) => new(
        0, ConfigurationVersion.None, Enumerable.Range(1, count).Select(i => Entry(version, i)));

    private static IEnumerable<long> Numbers(IEnumerable<LogEntry> entries) => entries.Select(e => e.Sequence);
}
