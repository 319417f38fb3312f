using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

public sealed class LineageReplicaTests
{
    private static readonly ServiceName Next = new("letters~2");

    private readonly Replica _old = new(
        Service,
        Id(1),
        isDurable: true,
        new StoredReplica(new Snapshot(Version(1), 3, Bytes("abc")), [Entry(2, 4, "d"), Entry(2, 5, "e")]),
        Profile.Lan,
        Mutation.None);

    [Fact]
    public void A_new_lineage_begins_empty_and_writes_nothing_of_the_one_before()
    {
        var (next, effects, _) = Begin(isCopied: false);

        next.LastSequence.ShouldBe(0);
        effects.ShouldBeEmpty();
    }

    [Fact]
    public void Or_with_all_that_the_old_copy_has_written_under_its_own_name()
    {
        var (next, effects, _) = Begin(isCopied: true);

        next.LastSequence.ShouldBe(5);
        next.Position.ShouldBe(_old.Position);
        var writes = effects.Cast<ReplicaEffect.Write>().SelectMany(w => w.Writes).ToList();
        writes[0].ShouldBeOfType<StoreWrite.PutSnapshot>().Service.ShouldBe(Next);
        var entries = writes[1].ShouldBeOfType<StoreWrite.AppendEntries>();
        entries.Service.ShouldBe(Next);
        entries.Entries.Select(e => e.Sequence).ShouldBe([4, 5]);
    }

    [Fact]
    public void The_old_copy_deletes_nothing_and_its_code_ends()
    {
        var (_, _, before) = Begin(isCopied: false);

        before.OfType<ReplicaEffect.Write>().ShouldBeEmpty();
        before.OfType<ReplicaEffect.Instruct>().Last().Instruction.ShouldBeOfType<ServiceInstruction.StartAnew>();
    }

    [Fact]
    public void What_the_code_of_the_old_copy_still_says_does_not_count()
    {
        _old.Begin(TimeSpan.Zero, []);
        _old.Lead(Version(3), Providers(1), new Lineage(1));
        var (next, effects, before) = Begin(isCopied: false);
        var last = before.OfType<ReplicaEffect.Instruct>().Last().Instruction.Assignment;

        next.Lead(Version(4), Providers(1), new Lineage(2));
        for (var assignment = 0L; assignment <= last; assignment++)
        {
            next.OnReport(new ServiceReport.Offered(assignment, 1, [Bytes("x")], []));
        }

        next.LastSequence.ShouldBe(0);
        effects.OfType<ReplicaEffect.Instruct>().Last().Instruction.Assignment.ShouldBeGreaterThan(last);
    }

    private (Replica Next, List<ReplicaEffect> Effects, List<ReplicaEffect> Before) Begin(bool isCopied)
    {
        List<ReplicaEffect> before = [];
        List<ReplicaEffect> effects = [];
        _old.Begin(TimeSpan.Zero, before);
        return (_old.BeginLineage(Next, isCopied, effects), effects, before);
    }
}
