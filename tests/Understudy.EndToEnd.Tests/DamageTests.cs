using System.Text;

namespace Understudy.EndToEnd.Tests;

public class DamageTests
{
    private const string Value = "a value whose row in the journal will be damaged";

    [Fact]
    public async Task A_damaged_row_is_named_and_healed_from_another_node_though_its_disk_was_in_sync()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        using var client = cluster.Client();
        await client.PutAsync("damaged", Value);
        for (var i = 0; i < 20; i++) await client.IncrementAsync("n");
        foreach (var node in cluster.Nodes.Values)
        {
            node.Signal(RealNode.Kill);
            await node.ExitAsync(TestContext.Current.CancellationToken);
        }

        // What the write-ahead log holds is copied into the file when the store is opened.
        var damaged = cluster["n3"];
        damaged.Start();
        await cluster.UntilAsync("n3's status", statuses => statuses.Length == 1);
        damaged.Signal(RealNode.Kill);
        await damaged.ExitAsync(TestContext.Current.CancellationToken);
        Flip(Path.Combine(damaged.Data, "data.db"));

        foreach (var node in cluster.Nodes.Values) node.Start();
        await cluster.ShapeAsync();
        (await client.GetAsync("damaged")).ShouldBe(Value);
        (await client.IncrementAsync("n")).ShouldBe(21);
        damaged.Log.ShouldContain("the copy of kv on this node is void: its copy is damaged: data.db, table Journal");
        cluster.Passed();
    }

    /// <summary>One bit of every row that holds the value.</summary>
    private static void Flip(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var sought = Encoding.UTF8.GetBytes(Value);
        var count = 0;
        for (var from = 0; bytes.AsSpan(from).IndexOf(sought) is var at and >= 0; from += at + 1, count++)
        {
            bytes[from + at] ^= 1;
        }

        count.ShouldBeGreaterThan(0, "the value is in the file");
        File.WriteAllBytes(file, bytes);
    }
}
