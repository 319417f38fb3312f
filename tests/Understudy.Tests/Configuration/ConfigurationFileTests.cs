using System.Net;
using CsCheck;
using Understudy.Kernel;

namespace Understudy.Tests;

public sealed class ConfigurationFileTests
{
    private const string Whole = """
        cluster = "web"
        profile = "fast"
        [node.n2]
        address = "[::1]:7102"
        http    = "127.0.0.1:7202"      # gateway, health, admin
        voter = false
        [node.n1]
        address = "127.0.0.1:7101"
        http    = "127.0.0.1:7201"
        [node.w]
        address = "127.0.0.9:7103"
        http    = "127.0.0.1:7203"
        witness = true
        [service.kv]
        kind = "kv"
        secondaries = 1
        durability = "memory"
        """;

    private static readonly string[] Pieces =
    [
        "cluster", "node", "service", "n1", "kv", "address", "http", "voter", "\"127.0.0.1:1\"", "=", ".", "[", "]",
        "{", "}", "\"", "'", "\n", " ", "#", "true", "1", "-", ",", "\\u", "\"\"\"", "1e9", "1979-05-27", "\0",
        "é", "\r\n",
    ];

    [Fact]
    public void A_whole_file_is_read_as_it_is_meant()
    {
        var read = Valid(Whole);

        read.Cluster.ShouldBe("web");
        read.Profile.ShouldBe(Profile.Fast);
        read.Nodes.ShouldBe(
        [
            Node("n1", "127.0.0.1:7101", "127.0.0.1:7201", NodeKind.Voter),
            Node("n2", "[::1]:7102", "127.0.0.1:7202", NodeKind.NonVoter),
            Node("w", "127.0.0.9:7103", "127.0.0.1:7203", NodeKind.Witness),
        ]);
        read.Services.ShouldBe([new ServiceConfiguration(new ServiceName("kv"), "kv", 1, 1, Durability.Memory)]);
    }

    [Fact]
    public void A_node_s_rate_of_transfers_is_its_own()
    {
        var read = Valid(Whole.Replace("voter = false", "transfer-rate = 50", StringComparison.Ordinal));

        read.ToNodeOptions([], new NodeId("n2")).Profile.Transfer.BytesPerSecond.ShouldBe(50 << 20);
        read.ToNodeOptions([], new NodeId("n1")).Profile.ShouldBe(Profile.Fast);
    }

    [Fact]
    public void A_node_s_bound_of_connections_is_its_own()
    {
        var read = Valid(Whole.Replace("voter = false", "max-connections = 50", StringComparison.Ordinal));

        read.Find(new NodeId("n2"))!.MaxConnections.ShouldBe(50);
        read.Find(new NodeId("n1"))!.MaxConnections.ShouldBe(20_000);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var read = Valid("""
            cluster = 'a'
            node.n1 = { address = '127.0.0.1:1', http = '127.0.0.1:2' }
            service.kv.kind = 'kv'
            """);

        read.Profile.ShouldBe(Profile.Lan);
        read.Services.ShouldBe([new ServiceConfiguration(new ServiceName("kv"), "kv", 2, 1, Durability.Disk)]);
    }

    [Fact]
    public void A_service_says_what_it_demands_and_what_shall_happen_to_it()
    {
        var read = Valid("""
            cluster = 'a'
            node.n1 = { address = '127.0.0.1:1', http = '127.0.0.1:2' }
            [service.kv]
            kind = 'kv'
            min-in-sync = 2
            total-loss = 'start-empty'
            restarts = 0
            restart-minutes = 3
            """);

        read.Services.ShouldBe(
        [
            new ServiceConfiguration(new ServiceName("kv"), "kv")
            {
                MinInSync = 2,
                TotalLoss = TotalLoss.StartEmpty,
                Restarts = 0,
                RestartWindow = TimeSpan.FromMinutes(3),
            },
        ]);
    }

    [Fact]
    public void A_service_says_when_it_commits_how_often_it_is_audited_and_where_it_may_be()
    {
        var read = Valid("""
            cluster = 'a'
            node.n1 = { address = '127.0.0.1:1', http = '127.0.0.1:2' }
            node.n2 = { address = '127.0.0.1:3', http = '127.0.0.1:4' }
            [service.kv]
            kind = 'kv'
            checkpoints = 'periodic'
            interval = '250ms'
            audit-every = 'never'
            keep-keys = '36h'
            drain-seconds = 30
            preferred = ['n2', 'n1']
            only = ['n1', 'n2']
            never = []
            [service.side]
            kind = 'kv'
            checkpoints = 'periodic'
            audit-every = '1.5 h'
            with = ['kv']
            after = ['kv']
            [service.third]
            kind = 'kv'
            never = ['n1']
            apart = ['kv']
            """);

        var (kv, side, third) = (read.Services[0], read.Services[1], read.Services[2]);
        (kv.Checkpoints, kv.Interval, kv.AuditEvery).ShouldBe(
            (CheckpointMode.Periodic, TimeSpan.FromMilliseconds(250), TimeSpan.Zero));
        (kv.ToDefinition().KeepKeysFor, side.KeepKeysFor).ShouldBe((TimeSpan.FromHours(36), TimeSpan.FromDays(1)));
        (read.AnswerBoundsOf(kv.Name).Drain, read.AnswerBoundsOf(side.Name).Drain).ShouldBe(
            (TimeSpan.FromSeconds(30), TimeSpan.Zero));
        kv.Rules.ToString().ShouldBe(" preferred n2,n1 only n1,n2");
        (side.Interval, side.AuditEvery).ShouldBe((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(90)));
        side.Rules.ToString().ShouldBe(" with kv after kv");
        third.Rules.ToString().ShouldBe(" apart kv never n1");
        (third.Checkpoints, third.AuditEvery).ShouldBe((CheckpointMode.BeforeReply, TimeSpan.FromDays(1)));
        kv.ToDefinition().CheckpointEvery.ShouldBe(TimeSpan.FromMilliseconds(250));
        third.ToDefinition().IsPeriodic.ShouldBeFalse();
    }

    [Fact]
    public void Layout_order_and_comments_do_not_change_the_fingerprint()
    {
        var lines = Whole.Split('\n');
        string[] reordered = ["# other", .. lines[..2], .. lines[9..], .. lines[2..9]];

        Valid(string.Join('\n', reordered)).Fingerprint.ShouldBe(Valid(Whole).Fingerprint);
        Valid(string.Join('\n', reordered)).ShouldBe(Valid(Whole));
    }

    [Theory]
    [InlineData("\"web\"", "\"web2\"")]
    [InlineData("fast", "wan")]
    [InlineData("7102", "7109")]
    [InlineData("7201", "7209")]
    [InlineData("voter = false", "")]
    [InlineData("secondaries = 1", "secondaries = 2")]
    [InlineData("memory", "disk")]
    [InlineData("secondaries", "checkpoints = \"periodic\"\nsecondaries")]
    [InlineData("secondaries", "audit-every = \"2d\"\nsecondaries")]
    [InlineData("secondaries", "keep-keys = \"2d\"\nsecondaries")]
    [InlineData("secondaries", "drain-seconds = 1\nsecondaries")]
    [InlineData("secondaries", "preferred = [\"n1\"]\nsecondaries")]
    [InlineData("[service.kv]", "[service.kv2]")]
    public void Anything_that_nodes_must_agree_on_changes_the_fingerprint(string from, string to) =>
        Valid(Whole.Replace(from, to, StringComparison.Ordinal)).Fingerprint.ShouldNotBe(Valid(Whole).Fingerprint);

    [Fact]
    public void The_fingerprint_is_the_same_in_every_process() =>
        Valid(Whole).Fingerprint.ShouldBe(5450025073700179231UL);

    [Fact]
    public void A_node_of_the_file_is_found() => Valid(Whole).CheckSelf(new NodeId("n1"), "c.toml").ShouldBeNull();

    [Theory]
    [InlineData("n9", "c.toml: there is no node \"n9\" in this file. It has n1, n2, w. Did you mean --id n1?")]
    [InlineData("N2", "c.toml: there is no node \"N2\" in this file. It has n1, n2, w. Did you mean --id n2?")]
    [InlineData("zebra", "c.toml: there is no node \"zebra\" in this file. It has n1, n2, w.")]
    public void A_node_that_is_not_in_the_file_is_told_which_there_are(string id, string expected) =>
        Valid(Whole).CheckSelf(new NodeId(id), "c.toml")!.ToString().ShouldBe(expected);

    [Fact]
    public void A_single_node_is_a_whole_cluster_with_one_service()
    {
        var single = ClusterConfiguration.SingleNode(IPEndPoint.Parse("127.0.0.1:7200"));

        single.Nodes.ShouldBe([Node("n1", "127.0.0.1:7100", "127.0.0.1:7200", NodeKind.Voter)]);
        single.Services.ShouldBe([new ServiceConfiguration(new ServiceName("kv"), "kv", 0, 0)]);
    }

    [Theory]
    [InlineData("127.0.0.1:900", "127.0.0.1:1000")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    public void A_single_node_listens_for_nodes_beside_its_clients_or_at_any_port_as_for_them(
        string http, string address) =>
        ClusterConfiguration.SingleNode(IPEndPoint.Parse(http)).Nodes.Single().Address.ToString().ShouldBe(address);

    [Fact]
    public void Reading_random_text_never_throws() =>
        Gen.String.Sample(text => ConfigurationFile.Parse(text, "c.toml") is not null, iter: 2000, threads: 1);

    [Fact]
    public void Reading_random_pieces_of_a_file_never_throws_and_tells_where() =>
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).List[0, 40].Sample(
            pieces => ConfigurationFile.Parse(string.Concat(pieces), "c.toml") switch
            {
                ConfigurationResult.Invalid invalid => invalid.Problems.Length > 0 && invalid.Problems.All(IsOneLine),
                _ => true,
            },
            iter: 20_000, threads: 1);

    private static bool IsOneLine(ConfigurationProblem problem) =>
        problem.ToString().StartsWith("c.toml:", StringComparison.Ordinal) &&
        !problem.ToString().Contains('\n', StringComparison.Ordinal);

    private static ClusterConfiguration Valid(string text) =>
        ConfigurationFile.Parse(text, "c.toml").ShouldBeOfType<ConfigurationResult.Valid>().Configuration;

    private static NodeConfiguration Node(string id, string address, string http, NodeKind kind) =>
        new(new NodeId(id), IPEndPoint.Parse(address), IPEndPoint.Parse(http), kind);
}
