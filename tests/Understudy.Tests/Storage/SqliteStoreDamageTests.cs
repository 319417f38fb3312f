using System.Text;
using Understudy.Kernel;
using Understudy.Storage;
using static Understudy.Tests.Storage.StoreFolder;

namespace Understudy.Tests.Storage;

/// <summary>A damaged row of one service in data.db condemns that service's copy, and no other.</summary>
public sealed class SqliteStoreDamageTests : IDisposable
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly ServiceName _other = new("other");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_damaged_checkpoint_is_named_and_its_service_is_left_out()
    {
        await _folder.WriteAndReopen(
            StoreFile.Data,
            [Append(_kv, Entry(1, "first"), Entry(2, "the second one")), Append(_other, Entry(1), Entry(2))]);
        _folder.Flip("data.db", "the second one"u8);

        var found = Load();
        found.Replicas.ShouldNotContainKey(_kv);
        Mark(found, _kv).ShouldBe("data.db, table Journal, checkpoint 2: the checksum does not match its bytes");
        Sequences(found, _other).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_named()
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Snapshot(_kv, 12, "the whole state")]);
        _folder.Flip("data.db", "the whole state"u8);

        Mark(Load(), _kv).ShouldBe("data.db, table Snapshot, checkpoint 12: the checksum does not match its bytes");
    }

    [Theory]
    [InlineData("UPDATE journal SET version = 9 WHERE sequence = 2", "checkpoint 2: the checksum")]
    [InlineData("UPDATE journal SET sequence = 9 WHERE sequence = 3", "checkpoint 9: the checksum")]
    [InlineData("DELETE FROM journal WHERE sequence = 2", "checkpoint 2 is missing before 3")]
    [InlineData("DELETE FROM journal WHERE sequence = 1", "checkpoint 1 is missing before 2")]
    public async Task A_row_that_is_missing_or_not_where_it_was_written_is_named(string tampering, string complaint)
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Append(_kv, Entry(1), Entry(2), Entry(3))]);
        _folder.Tamper("data.db", tampering);
        Mark(Load(), _kv).ShouldContain(complaint);
    }

    [Fact]
    public async Task The_mark_outlives_the_process_that_found_the_damage_until_it_is_cleared()
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Append(_kv, Entry(1, "first"), Entry(2, "the second one"))]);
        _folder.Flip("data.db", "the second one"u8);
        Load();
        _folder.Tamper("data.db", "DELETE FROM journal WHERE sequence = 2");
        var again = Load();
        again.Replicas.ShouldBeEmpty("what is left of it may lack what was acknowledged");
        Mark(again, _kv).ShouldNotBeEmpty();

        using var store = _folder.Open();
        store.Write(StoreFile.Data, 1, [new StoreWrite.RemoveReplica(_kv)]);
        store.Write(StoreFile.Control, 1, [new StoreWrite.PutRecord(StoredNode.VoidKey(_kv), default)]);
        store.Write(StoreFile.Data, 2, [Append(_kv, Entry(1, "anew"))]);
        await store.DrainAsync(TestContext.Current.CancellationToken);
        Sequences(store.Load(), _kv).ShouldBe([1]);
    }

    [Fact]
    public async Task A_row_that_was_moved_to_another_service_is_refused_as_its_own_may_lack_its_last()
    {
        await _folder.WriteAndReopen(
            StoreFile.Data, [Append(_kv, Entry(1), Entry(2)), Append(_other, Entry(1))]);
        _folder.Tamper("data.db", "UPDATE journal SET replica = 2 WHERE replica = 1 AND sequence = 2");
        Should.Throw<StoreUnusableException>(Load).Message
            .ShouldStartWith("data.db is damaged: table Journal, service \"other\", checkpoint 2: the checksum");
    }

    private StoredNode Load()
    {
        using var store = _folder.Open();
        return store.Load();
    }

    private static string Mark(StoredNode node, ServiceName service) =>
        Encoding.UTF8.GetString(node.Records[StoredNode.VoidKey(service)].Span);
}
