using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Understudy.Kernel;
using Understudy.Storage;

namespace Understudy.Tests.Storage;

/// <summary>A data directory of its own for one test, and what the stores opened in it have reported.</summary>
internal sealed class StoreFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("understudy-store-").FullName;

    public ConcurrentQueue<(StoreFile File, long Ticket)> Flushed { get; } = [];

    public ConcurrentQueue<Exception> Failures { get; } = [];

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public SqliteStore Open(
        UInt128 newDiskId = default, string cluster = "web", string node = "n1") => SqliteStore.Open(
        Path,
        new StoreOwner(cluster, new NodeId(node)),
        () => newDiskId,
        (file, ticket) => Flushed.Enqueue((file, ticket)),
        Failures.Enqueue);

    /// <summary>Writes each group under its own ticket, closes the store and opens it again.</summary>
    public async Task<StoredNode> WriteAndReopen(StoreFile file, params StoreWrite[][] groups)
    {
        using (var store = Open())
        {
            for (var ticket = 0; ticket < groups.Length; ticket++)
                store.Write(file, ticket + 1, [.. groups[ticket]]);
            await store.DrainAsync(TestContext.Current.CancellationToken);
        }

        Failures.ShouldBeEmpty();
        using var reopened = Open();
        return reopened.Load();
    }

    /// <summary>Runs SQL on a file of a closed store, past the store's own code.</summary>
    public void Tamper(string name, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File(name)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery().ShouldBeGreaterThanOrEqualTo(-1);
    }

    /// <summary>Flips one bit of the only place in a closed store's file that holds these bytes.</summary>
    public void Flip(string name, ReadOnlySpan<byte> content)
    {
        var bytes = System.IO.File.ReadAllBytes(File(name));
        var place = bytes.AsSpan().IndexOf(content);
        place.ShouldBeGreaterThan(0);
        bytes[place] ^= 1;
        System.IO.File.WriteAllBytes(File(name), bytes);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public static LogEntry Entry(long sequence, string payload = "payload", long version = 1) =>
        new(new ConfigurationVersion(version), sequence, System.Text.Encoding.UTF8.GetBytes(payload));

    public static StoreWrite.AppendEntries Append(ServiceName service, params LogEntry[] entries) =>
        new(service, [.. entries]);

    public static StoreWrite.PutSnapshot Snapshot(ServiceName service, long sequence, string state = "state") =>
        new(service, new Snapshot(new ConfigurationVersion(1), sequence, System.Text.Encoding.UTF8.GetBytes(state)));

    public static ImmutableArray<long> Sequences(StoredNode node, ServiceName service) =>
        [.. node.Replicas[service].Entries.Select(entry => entry.Sequence)];
}
