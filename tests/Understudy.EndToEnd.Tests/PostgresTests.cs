using System.Globalization;

namespace Understudy.EndToEnd.Tests;

/// <summary>Real PostgreSQL servers behind TCP ports of a real cluster, used by psql.</summary>
public sealed class PostgresTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-postgres-").FullName;

    [Fact]
    public async Task Psql_is_at_the_primarys_server_through_a_kill_and_a_switchover()
    {
        var programs = FindPrograms();
        await using var cluster = await StartAsync(programs);
        var primary = await cluster.Nodes.PrimaryAsync();
        await AllAreAtAsync(cluster, primary);

        var other = cluster.Nodes.Nodes.Keys.First(id => id != primary);
        var asleep = ForeignProgram.RunAsync(Psql(cluster.Listen[other], "select pg_sleep(50)"));
        await cluster.OpenAsync(other, 1);
        cluster.Nodes[primary].Signal(RealNode.Kill);
        (await asleep).Code.ShouldNotBe(0, "its connection was closed when the primary moved");
        var next = await cluster.Nodes.PrimaryAsync(without: primary);
        await AllAreAtAsync(cluster, next, without: primary);

        cluster.Nodes[primary].Start();
        await cluster.Nodes.ShapeAsync();
        await OperatorLine.DoAsync(cluster.Nodes[next], "switchover", "foreign", "--to", primary);
        await cluster.Nodes.PrimaryAsync(without: next);
        await AllAreAtAsync(cluster, primary);
        cluster.Nodes.Passed();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Where the server's programs are; Debian keeps them off the path.</summary>
    private static string FindPrograms()
    {
        ForeignProgram.Need("psql", "postgresql");
        string[] folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            .. Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                : [],
        ];
        var found = folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
        Assert.SkipWhen(found is null, "initdb is not installed: apt-get install postgresql");
        return found!;
    }

    private async Task<ForeignCluster> StartAsync(string programs)
    {
        // The server refuses to run as root.
        var isRoot = Environment.UserName == "root";
        string[] user = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        if (isRoot) await MustAsync("chown", "postgres", _folder);
        var first = Path.Combine(_folder, "n1");
        await MustAsync(
        [
            .. user, Path.Combine(programs, "initdb"), "-D", first, "-U", "postgres", "--auth", "trust", "--no-sync",
        ]);
        foreach (var id in (string[])["n2", "n3"])
            await MustAsync([.. user, "cp", "-r", first, Path.Combine(_folder, id)]);
        var cluster = await ForeignCluster.StartAsync((id, port) =>
        [
            .. user, Path.Combine(programs, "postgres"), "-D", Path.Combine(_folder, id), "-k", _folder, "-F",
            "-c", "listen_addresses=127.0.0.1", "-c", string.Create(CultureInfo.InvariantCulture, $"port={port}"),
        ]);
        foreach (var (id, port) in cluster.Backend)
        {
            await ForeignCluster.UntilDoneAsync(
                Psql(port, $"create table if not exists self as select '{id}' as node"));
        }

        return cluster;
    }

    private static async Task AllAreAtAsync(ForeignCluster cluster, string primary, string without = "")
    {
        foreach (var (id, port) in cluster.Listen.Where(each => each.Key != without))
        {
            var (code, said) = await ForeignProgram.RunAsync(Psql(port, "select node from self"));
            code.ShouldBe(0, said);
            said.Trim().ShouldBe(primary, $"by {id}");
        }
    }

    private static string[] Psql(int port, string statement) =>
    [
        "psql", "-h", "127.0.0.1", "-p", $"{port}", "-U", "postgres", "-X", "-A", "-t", "-q", "-c", statement,
    ];

    private static async Task MustAsync(params string[] command)
    {
        var (code, said) = await ForeignProgram.RunAsync(command);
        code.ShouldBe(0, $"{string.Join(' ', command)}: {said}");
    }
}
