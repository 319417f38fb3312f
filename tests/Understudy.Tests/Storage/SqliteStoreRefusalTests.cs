using Microsoft.Data.Sqlite;
using Understudy.Kernel;
using Understudy.Storage;
using static Understudy.Tests.Storage.StoreFolder;

namespace Understudy.Tests.Storage;

public sealed class SqliteStoreRefusalTests : IDisposable
{
    private static readonly ServiceName Kv = new("kv");

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_damaged_record_is_named_with_what_to_do()
    {
        await _folder.WriteAndReopen(
            StoreFile.Control, [new StoreWrite.PutRecord("acceptor", "a promise"u8.ToArray())]);
        _folder.Flip("control.db", "a promise"u8);

        var message = Refusal(store => store.Load());
        message.ShouldStartWith("control.db is damaged: table Record, key \"acceptor\": the checksum");
        message.ShouldContain("move the whole data directory away");
        message.ShouldContain("Replacing a failed disk");
        message.ShouldNotContain("backup");
    }

    [Theory]
    [InlineData("UPDATE replica SET service = 'other'", "table Replica, service \"other\": the checksum")]
    [InlineData("DELETE FROM replica", "has a row (checkpoint 1) of no service")]
    [InlineData("UPDATE journal SET format = 2 WHERE sequence = 1", "it has format 2, and only format 1 is known")]
    public async Task A_row_that_is_not_where_it_was_written_is_named(string tampering, string complaint)
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Append(Kv, Entry(1), Entry(2), Entry(3))]);
        _folder.Tamper("data.db", tampering);

        Refusal(store => store.Load()).ShouldContain(complaint);
    }

    [Fact]
    public async Task A_file_whose_structure_is_damaged_is_named()
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Append(Kv, Entry(1))]);
        using (var file = File.OpenWrite(_folder.File("data.db"))) file.Write(new byte[64]);

        Refusal(store => store.Load()).ShouldStartWith("data.db is damaged: SQLite says ");
    }

    [Theory]
    [InlineData("control.db")]
    [InlineData("data.db")]
    public async Task An_unknown_format_is_refused_by_name(string file)
    {
        await _folder.WriteAndReopen(StoreFile.Data, []);
        _folder.Tamper(file, "PRAGMA user_version=7");

        Refusal(store => store.Load()).ShouldStartWith(
            $"{file} has format 7; this version of Understudy reads format 3. ");
    }

    [Fact]
    public async Task The_format_that_names_no_node_is_refused_by_name()
    {
        await _folder.WriteAndReopen(StoreFile.Data, []);
        _folder.Tamper("control.db", "PRAGMA user_version=1");

        Refusal(store => store.Load()).ShouldStartWith("control.db has format 1;");
    }

    [Theory]
    [InlineData("web", "n2")]
    [InlineData("other", "n1")]
    public async Task A_folder_of_another_node_is_refused(string cluster, string node)
    {
        await _folder.WriteAndReopen(StoreFile.Data, []);

        Should.Throw<StoreUnusableException>(() => _folder.Open(cluster: cluster, node: node)).Message.ShouldBe(
            $"the folder {_folder.Path} belongs to n1 of cluster web, and this is {node} of cluster {cluster}. "
            + "Give each node a folder of its own.");
        using var own = _folder.Open();
        own.NextBootCounter().ShouldBe(1UL);
    }

    [Fact]
    public void A_file_of_another_program_is_refused()
    {
        using (var connection = new SqliteConnection($"Data Source={_folder.File("control.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE mine(x)";
            command.ExecuteNonQuery();
        }

        Refusal(store => store.Load()).ShouldStartWith("control.db was not written by Understudy.");
    }

    [Theory]
    [InlineData("control.db", "control.db is missing beside data.db")]
    [InlineData("data.db", "data.db is missing or empty, but control.db belongs to disk")]
    public async Task A_store_that_lost_one_of_its_files_is_refused(string file, string complaint)
    {
        await _folder.WriteAndReopen(StoreFile.Data, [Append(Kv, Entry(1))]);
        File.Delete(_folder.File(file));

        Refusal(store => store.Load()).ShouldStartWith(complaint);
    }

    [Fact]
    public async Task A_control_file_that_was_emptied_is_refused()
    {
        await _folder.WriteAndReopen(StoreFile.Data, []);
        File.WriteAllBytes(_folder.File("control.db"), []);

        Refusal(store => store.Load()).ShouldStartWith("control.db is empty, but data.db belongs to disk");
    }

    [Fact]
    public void A_data_file_of_another_disk_is_refused()
    {
        using var other = new StoreFolder();
        using (_folder.Open(newDiskId: 1 + (UInt128.One << 100)))
        using (other.Open(newDiskId: 2 + (UInt128.One << 101)))
        {
        }

        File.Copy(other.File("data.db"), _folder.File("data.db"), overwrite: true);

        Refusal(store => store.Load()).ShouldStartWith(
            "data.db belongs to disk 00000020, but control.db to disk 00000010: one of the two files was swapped");
    }

    [Fact]
    public void A_creation_that_was_interrupted_goes_on()
    {
        using (_folder.Open(newDiskId: 3))
        {
        }

        _folder.Tamper("control.db", "DELETE FROM meta WHERE key = 'complete'");

        using var store = _folder.Open(newDiskId: 4);
        store.Disk.ShouldBe(new DiskId(3));
    }

    [Fact]
    public void A_directory_in_use_is_refused()
    {
        using var first = _folder.Open();
        Refusal(store => store.Load()).ShouldStartWith(
            $"The data directory {_folder.Path} is in use by another Understudy process");
    }

    private string Refusal(Action<SqliteStore> use) => Should.Throw<StoreUnusableException>(() =>
    {
        using var store = _folder.Open();
        use(store);
    }).Message;
}
