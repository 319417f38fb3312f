using System.Text;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Testing.Machines;

namespace Understudy.Simulation.Tests.Machines;

public sealed class MemoryDiskTests
{
    private static readonly ServiceName Service = new("kv");

    private readonly MemoryDisk _disk = new(new DiskId(1));

    [Fact]
    public void What_was_flushed_is_found_again()
    {
        Write(StoreFile.Control, 1, Record("a", "1"));
        Write(StoreFile.Control, 2, Record("a", "2"), Record("b", "3"));
        Flush(StoreFile.Control).ShouldBe(2);

        Read().ShouldBe("a=2 b=3");
    }

    [Fact]
    public void A_flush_covers_what_waited_when_it_began()
    {
        Write(StoreFile.Control, 1, Record("a", "1"));
        _disk.TryStartFlush(StoreFile.Control).ShouldBeTrue();
        Write(StoreFile.Control, 2, Record("a", "2"));

        _disk.TryStartFlush(StoreFile.Control).ShouldBeFalse();
        _disk.EndFlush(StoreFile.Control).ShouldBe(1);
        Read().ShouldBe("a=1");
        _disk.IsIdle.ShouldBeFalse();
    }

    [Fact]
    public void A_crash_keeps_a_prefix_of_the_batches_that_were_not_flushed()
    {
        HashSet<string> found = [];
        for (var seed = 0UL; seed < 100; seed++)
        {
            var disk = new MemoryDisk(new DiskId(1));
            for (var i = 1; i <= 3; i++)
            {
                disk.Add(new NodeEffect.Write(StoreFile.Control, i, [Record("a", $"{i}"), Record("b", $"{i}")]));
            }

            var (lost, torn) = disk.Crash(new SeededRandom(seed));

            torn.ShouldBe(lost is 1 or 2);
            disk.IsIdle.ShouldBeTrue();
            found.Add(Words(disk.Read()));
        }

        found.Order().ShouldBe(["", "a=1 b=1", "a=2 b=2", "a=3 b=3"]);
    }

    [Fact]
    public void A_snapshot_removes_the_entries_that_it_covers_and_truncation_the_later_ones()
    {
        Write(StoreFile.Data, 1, new StoreWrite.AppendEntries(Service, [Entry(1), Entry(2), Entry(3), Entry(4)]));
        Write(StoreFile.Data, 2, new StoreWrite.PutSnapshot(Service, new Snapshot(new(1), 2, default)));
        Write(StoreFile.Data, 3, new StoreWrite.TruncateAfter(Service, 3));
        Flush(StoreFile.Data);

        var replica = _disk.Read().Replicas[Service];
        replica.Snapshot!.Sequence.ShouldBe(2);
        replica.Entries.Select(e => e.Sequence).ShouldBe([3]);

        Write(StoreFile.Data, 4, new StoreWrite.RemoveReplica(Service));
        Flush(StoreFile.Data);
        _disk.Read().Replicas.ShouldBeEmpty();
    }

    private static LogEntry Entry(long sequence) => new(new ConfigurationVersion(1), sequence, default);

    private static StoreWrite.PutRecord Record(string key, string value) => new(key, Encoding.ASCII.GetBytes(value));

    private void Write(StoreFile file, long ticket, params StoreWrite[] writes) =>
        _disk.Add(new NodeEffect.Write(file, ticket, [.. writes]));

    private long Flush(StoreFile file)
    {
        _disk.TryStartFlush(file).ShouldBeTrue();
        return _disk.EndFlush(file);
    }

    private string Read() => Words(_disk.Read());

    private static string Words(StoredNode stored) =>
        string.Join(' ', stored.Records.Select(r => $"{r.Key}={Encoding.ASCII.GetString(r.Value.Span)}"));
}
