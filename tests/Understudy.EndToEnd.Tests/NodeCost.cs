using System.Globalization;

namespace Understudy.EndToEnd.Tests;

/// <summary>What a process takes of its machine, seen from outside. Linux only.</summary>
/// <param name="Bytes">Resident memory.</param>
/// <param name="Sockets">Open sockets.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct NodeCost(long Bytes, int Sockets, int Threads)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static NodeCost Of(RealNode node)
    {
        var lines = File.ReadAllLines($"/proc/{node.Pid}/status");
        return new NodeCost(Field(lines, "VmRSS:") * 1024, SocketsOf(node), (int)Field(lines, "Threads:"));
    }

    /// <summary>The same without what is garbage.</summary>
    public static async Task<NodeCost> AfterCollectionAsync(RealNode node)
    {
        await ForcedCollection.RunAsync(node.Pid);
        return Of(node);
    }

    /// <summary>Waits until the node has at most so many sockets open.</summary>
    public static async Task UntilSocketsAsync(RealNode node, int most)
    {
        using var limit = new CancellationTokenSource(_patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (SocketsOf(node) is var sockets && sockets > most)
        {
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"{node.Id} has {sockets} sockets after {_patience.TotalSeconds} s");
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Bytes / 1048576.0:0.0} MB, {Sockets} sockets, {Threads} threads");

    private static int SocketsOf(RealNode node) => Directory.EnumerateFileSystemEntries($"/proc/{node.Pid}/fd")
        .Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) is true);

    private static long Field(string[] lines, string name)
    {
        var line = Array.Find(lines, line => line.StartsWith(name, StringComparison.Ordinal))!;
        return long.Parse(line[name.Length..].Split("kB")[0], CultureInfo.InvariantCulture);
    }
}
