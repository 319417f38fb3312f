using System.Text;
using CsCheck;
using Understudy.Kernel;
using Understudy.Storage;
using static Understudy.Tests.Storage.StoreFolder;

namespace Understudy.Tests.Storage;

public sealed class SqliteStoreTests : IDisposable
{
    private static readonly ServiceName Kv = new("kv");
    private static readonly ServiceName Mail = new("mail");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_named_record_is_found_again_with_its_last_value()
    {
        var node = await _folder.WriteAndReopen(
            StoreFile.Control,
            [new StoreWrite.PutRecord("acceptor", "one"u8.ToArray())],
            [new StoreWrite.PutRecord("view", Array.Empty<byte>())],
            [new StoreWrite.PutRecord("acceptor", "two"u8.ToArray())]);

        node.Records.Keys.ShouldBe(["acceptor", "view"]);
        node.Records["acceptor"].ToArray().ShouldBe("two"u8.ToArray());
        node.Records["view"].Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_journal_is_found_again_in_order_with_versions_and_bytes()
    {
        var node = await _folder.WriteAndReopen(
            StoreFile.Data,
            [Append(Kv, Entry(1, "a", version: 3), Entry(2, "", version: 3)), Append(Mail, Entry(1, "m"))],
            [Append(Kv, Entry(3, "c", version: 4))]);

        var entries = node.Replicas[Kv].Entries;
        entries.Select(entry => (entry.Version.Value, entry.Sequence, Encoding.UTF8.GetString(entry.Payload.Span)))
            .ShouldBe([(3, 1, "a"), (3, 2, ""), (4, 3, "c")]);
        node.Replicas[Kv].Snapshot.ShouldBeNull();
        Sequences(node, Mail).ShouldBe([1]);
    }

    [Fact]
    public async Task Truncation_removes_the_entries_after_a_number_and_the_stream_goes_on_from_there()
    {
        var node = await _folder.WriteAndReopen(
            StoreFile.Data,
            [Append(Kv, Entry(1), Entry(2), Entry(3))],
            [new StoreWrite.TruncateAfter(Kv, 1), Append(Kv, Entry(2, "again", version: 2))],
            [new StoreWrite.TruncateAfter(Mail, 7)]);

        Sequences(node, Kv).ShouldBe([1, 2]);
        node.Replicas[Kv].Entries[1].Payload.ToArray().ShouldBe("again"u8.ToArray());
        node.Replicas.ContainsKey(Mail).ShouldBeFalse();
    }

    [Fact]
    public async Task A_snapshot_replaces_the_journal_that_it_covers()
    {
        var node = await _folder.WriteAndReopen(
            StoreFile.Data,
            [Append(Kv, Entry(1), Entry(2), Entry(3))],
            [Snapshot(Kv, 2, "up to two")],
            [Snapshot(Mail, 40), Append(Mail, Entry(41))]);

        node.Replicas[Kv].Snapshot!.Sequence.ShouldBe(2);
        node.Replicas[Kv].Snapshot!.State.ToArray().ShouldBe("up to two"u8.ToArray());
        Sequences(node, Kv).ShouldBe([3]);
        node.Replicas[Mail].Snapshot!.Sequence.ShouldBe(40);
        Sequences(node, Mail).ShouldBe([41]);
    }

    [Fact]
    public async Task A_removed_replica_is_gone_and_may_begin_anew()
    {
        var node = await _folder.WriteAndReopen(
            StoreFile.Data,
            [Snapshot(Kv, 9), Append(Kv, Entry(10)), Snapshot(Mail, 3)],
            [new StoreWrite.RemoveReplica(Kv), new StoreWrite.RemoveReplica(Mail)],
            [Append(Kv, Entry(1, "new"))]);

        node.Replicas.Keys.ShouldBe([Kv]);
        node.Replicas[Kv].Snapshot.ShouldBeNull();
        Sequences(node, Kv).ShouldBe([1]);
    }

    [Fact]
    public async Task Replicas_of_both_files_are_found_together()
    {
        using (var store = _folder.Open())
        {
            store.Write(StoreFile.Control, 1, [Append(new ServiceName("registry"), Entry(1))]);
            store.Write(StoreFile.Data, 1, [Append(Kv, Entry(1))]);
            await store.DrainAsync(TestContext.Current.CancellationToken);
        }

        using var reopened = _folder.Open();
        reopened.Load().Replicas.Keys.Select(service => service.Value).ShouldBe(["kv", "registry"]);
    }

    [Fact]
    public async Task Every_ticket_is_covered_by_a_completion_and_completions_rise()
    {
        using var store = _folder.Open();
        for (var ticket = 1; ticket <= 500; ticket++)
            store.Write(StoreFile.Data, ticket, [Append(Kv, Entry(ticket))]);
        await store.DrainAsync(TestContext.Current.CancellationToken);

        var tickets = _folder.Flushed.Select(flush => flush.Ticket).ToArray();
        tickets.ShouldBe(tickets.Order());
        tickets[^1].ShouldBe(500);
        _folder.Flushed.ShouldAllBe(flush => flush.File == StoreFile.Data);
        Sequences(store.Load(), Kv).Length.ShouldBe(500);
    }

    [Fact]
    public async Task A_journal_larger_than_the_log_of_changes_is_found_again()
    {
        var large = new string('x', 1 << 20);
        var node = await _folder.WriteAndReopen(
            StoreFile.Data, [.. Enumerable.Range(1, 24).Select(n => new StoreWrite[] { Append(Kv, Entry(n, large)) })]);

        Sequences(node, Kv).Length.ShouldBe(24);
        node.Replicas[Kv].Entries[^1].Payload.Length.ShouldBe(large.Length);
    }

    [Fact]
    public void The_boot_counter_counts_every_start_from_one()
    {
        using (var store = _folder.Open())
        {
            store.NextBootCounter().ShouldBe(1UL);
            store.NextBootCounter().ShouldBe(2UL);
        }

        using var reopened = _folder.Open();
        reopened.NextBootCounter().ShouldBe(3UL);
    }

    [Fact]
    public void The_disk_keeps_the_identity_that_it_was_created_with()
    {
        using (var store = _folder.Open(newDiskId: 5)) store.Disk.ShouldBe(new DiskId(5));
        using var reopened = _folder.Open(newDiskId: 6);
        reopened.Load().Disk.ShouldBe(new DiskId(5));
    }

    [Fact]
    public async Task A_write_that_would_leave_a_gap_fails_the_store_and_claims_nothing()
    {
        using var store = _folder.Open();
        store.Write(StoreFile.Data, 1, [Append(Kv, Entry(1), Entry(3))]);

        await Should.ThrowAsync<InvariantViolationException>(
            store.DrainAsync(TestContext.Current.CancellationToken));

        _folder.Failures.ShouldHaveSingleItem().Message.ShouldContain("checkpoint 3 of kv");
        _folder.Flushed.ShouldBeEmpty();
    }

    [Fact]
    public void A_named_record_in_the_data_file_is_refused()
    {
        using var store = _folder.Open();
        Should.Throw<ArgumentException>(
            () => store.Write(StoreFile.Data, 1, [new StoreWrite.PutRecord("x", new byte[1])]));
    }

    // The dumb version is a list of entries and a number; the store must agree with it after every history.
    [Fact]
    public void Any_history_of_a_journal_is_found_again()
    {
        var step = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 8]);
        step.Array[0, 20].Sample(
            steps =>
            {
                using var folder = new StoreFolder();
                long snapshot = 0;
                List<long> expected = [];
                using (var store = folder.Open())
                {
                    for (var i = 0; i < steps.Length; i++)
                        store.Write(StoreFile.Data, i, [Next(steps[i], ref snapshot, expected)]);
                }

                using var reopened = folder.Open();
                var found = reopened.Load().Replicas.GetValueOrDefault(Kv, new StoredReplica(null, []));
                return folder.Failures.IsEmpty
                    && (found.Snapshot?.Sequence ?? 0) == snapshot
                    && found.Entries.Select(entry => entry.Sequence).SequenceEqual(expected);
            },
            iter: 60,
            threads: 1);
    }

    private static StoreWrite Next((int Kind, int Amount) step, ref long snapshot, List<long> entries)
    {
        var last = entries.Count > 0 ? entries[^1] : snapshot;
        switch (step.Kind)
        {
            case 0 or 1:
                var added = Enumerable.Range(1, step.Amount).Select(n => last + n).ToArray();
                entries.AddRange(added);
                return Append(Kv, [.. added.Select(n => Entry(n))]);
            case 2:
                var keepTo = Math.Max(snapshot, last - step.Amount);
                entries.RemoveAll(n => n > keepTo);
                return new StoreWrite.TruncateAfter(Kv, keepTo);
            default:
                var covered = snapshot + step.Amount;
                entries.RemoveAll(n => n <= covered);
                snapshot = covered;
                return Snapshot(Kv, covered);
        }
    }
}
