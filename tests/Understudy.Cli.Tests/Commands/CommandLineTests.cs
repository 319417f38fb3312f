namespace Understudy.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private const string Good = """
        cluster = "web"
        [node.n1]
        address = "127.0.0.1:7101"
        http = "127.0.0.1:7201"
        """;

    private const string Commands =
        "node, dev, status, history, service, provider, switchover, failover, hold, resume, demo";

    private readonly CommandFixture _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_node_is_started_with_its_file_its_id_and_its_folder()
    {
        var data = Path.Combine(_cli.Folder, "data", "n1");

        var code = await _cli.RunAsync("node", "--config", _cli.File(Good), "--id", "n1", "--data", data);

        code.ShouldBe(7);
        var (configuration, self, folder) = _cli.Started.ShouldHaveSingleItem();
        configuration.Cluster.ShouldBe("web");
        self.Value.ShouldBe("n1");
        folder.ShouldBe(data);
        Directory.Exists(data).ShouldBeTrue();
    }

    [Fact]
    public async Task Every_problem_of_the_file_is_told_and_nothing_is_started()
    {
        var file = _cli.File(Good + "\nadress = 1\nvoter = 3\n");

        var code = await _cli.RunAsync("node", "--config", file, "--id", "n1", "--data", _cli.Folder);

        code.ShouldBe(2);
        _cli.Error.ShouldBe(
            $"{file}:5:1: unknown key \"adress\" in [node.n1]. The keys here are address, http, voter, witness, "
            + "transfer-rate, max-connections.\n" +
            $"{file}:6:1: voter in [node.n1] must be true or false, not a number. " +
            "Write voter = true or voter = false, without quotes.\n");
        _cli.Started.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_that_is_not_in_the_file_is_told()
    {
        var file = _cli.File(Good);

        var code = await _cli.RunAsync("node", "--config", file, "--id", "n7", "--data", _cli.Folder);

        code.ShouldBe(2);
        _cli.Error.ShouldBe($"{file}: there is no node \"n7\" in this file. It has n1. Did you mean --id n1?\n");
        _cli.Started.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_told()
    {
        var file = _cli.File(Good);

        var code = await _cli.RunAsync("node", "--config", file, "--id", "n1", "--data", file);

        code.ShouldBe(2);
        _cli.Error.ShouldStartWith($"understudy: the data folder \"{file}\" cannot be made: ");
        _cli.Started.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cluster_of_one_node_needs_no_file()
    {
        var code = await _cli.RunAsync("dev", "--http", "127.0.0.1:7300", "--data", _cli.Folder);

        code.ShouldBe(7);
        var (configuration, self, folder) = _cli.Started.ShouldHaveSingleItem();
        configuration.Nodes.ShouldHaveSingleItem().Http.Port.ShouldBe(7300);
        self.ShouldBe(configuration.Nodes[0].Id);
        folder.ShouldBe(_cli.Folder);
    }

    [Fact]
    public async Task A_temporary_folder_of_a_development_node_is_removed()
    {
        await _cli.RunAsync("dev");

        Directory.Exists(_cli.Started.ShouldHaveSingleItem().Data).ShouldBeFalse();
    }

    [Theory]
    [InlineData("10.0.0.1:7200")]
    [InlineData("7200")]
    public async Task A_development_node_listens_on_loopback_only(string http)
    {
        (await _cli.RunAsync("dev", "--http", http)).ShouldBe(2);

        _cli.Error.ShouldBe(
            $"understudy: --http {http} is not a loopback address and port, such as 127.0.0.1:7200. " +
            "There is no TLS yet: only loopback addresses are accepted.\n");
        _cli.Started.ShouldBeEmpty();
    }

    [Theory]
    [InlineData($"understudy: there is no command nod: it is one of {Commands}. Did you mean node?",
        "understudy", "nod")]
    [InlineData($"understudy: there is no command nodes: it is one of {Commands}. Did you mean node?",
        "understudy", "nodes")]
    [InlineData($"understudy: there is no command restore: it is one of {Commands}.", "understudy", "restore")]
    [InlineData("understudy: there is no command drain: it is one of add, change, remove, hold, resume, audit, "
        + "recover.",
        "understudy service", "service", "drain")]
    [InlineData("understudy: say which command: it is one of add, remove.", "understudy provider", "provider")]
    [InlineData("understudy: Option '--http' is required.\n"
        + "understudy: Required argument 'NODE' missing for command: 'drain'.", "understudy node drain",
        "node", "drain")]
    [InlineData("understudy: --abort gives a switchover up wherever it goes: it takes no --to.",
        "understudy switchover", "switchover", "kv", "--to", "n1", "--abort", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --wait and --no-wait exclude each other.",
        "understudy switchover", "switchover", "kv", "--wait", "--no-wait", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --timeout 0 is not a number of seconds from 1 to 86400.",
        "understudy failover", "failover", "kv", "--timeout", "0", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --secondaries two is not a whole number from 0 to 32.",
        "understudy service add", "service", "add", "x", "--secondaries", "two", "--http", "127.0.0.1:1")]
    [InlineData("understudy: there is no --total-loss panic: it is wait, start-empty.",
        "understudy service change", "service", "change", "x", "--total-loss", "panic", "--http", "127.0.0.1:1")]
    [InlineData("understudy: there is no --durability paper: it is disk, memory.",
        "understudy service add", "service", "add", "x", "--durability", "paper", "--http", "127.0.0.1:1")]
    [InlineData("understudy: there is no --checkpoints often: it is before-reply, periodic.",
        "understudy service change", "service", "change", "x", "--checkpoints", "often", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --interval 9ms is not a time from 10ms to 1h.",
        "understudy service change", "service", "change", "x", "--interval", "9ms", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --audit-every 0s is not never, or a time from 1m to 365d.",
        "understudy service add", "service", "add", "x", "--audit-every", "0s", "--http", "127.0.0.1:1")]
    [InlineData("understudy: --keep-keys 1s is not a time from 1m to 365d.",
        "understudy service add", "service", "add", "x", "--keep-keys", "1s", "--http", "127.0.0.1:1")]
    [InlineData("understudy: say what to change: --secondaries, --spares, --checkpoints, --interval, --audit-every, "
        + "--keep-keys, --min-in-sync, "
        + "--total-loss, --restarts, --restart-minutes, --prefer, --only, --never, --with, --after, --apart.",
        "understudy service change", "service", "change", "x", "--http", "127.0.0.1:1")]
    [InlineData("understudy: Option '--id' is required.\nunderstudy: Option '--data' is required.", "understudy node",
        "node", "--config", "x")]
    [InlineData("understudy: Option '--http' is required.", "understudy status", "status")]
    [InlineData("understudy: --nodes 2 is out of range: it is from 3 to 16. Of two nodes one could not go on alone, " +
        "and one has no understudy.", "understudy demo", "demo", "--nodes", "2")]
    [InlineData("understudy: --nodes 17 is out of range: it is from 3 to 16.", "understudy demo",
        "demo", "--nodes", "17")]
    [InlineData("understudy: --rounds 0 is out of range: it is from 1 to 100000.", "understudy demo",
        "demo", "--rounds", "0")]
    [InlineData("understudy: there is no --fault kil: it is kill, kill-secondary, hang, restart, mixed.",
        "understudy demo", "demo", "--fault", "kil")]
    public async Task A_command_line_that_is_not_understood_gets_its_mistake_and_where_to_look(
        string mistake, string command, params string[] arguments)
    {
        (await _cli.RunAsync(arguments)).ShouldBe(2);

        _cli.Error.ShouldBe($"{mistake}\nTry: {command} --help\n");
        _cli.Started.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("node", "--config")]
    [InlineData("dev", "--http")]
    [InlineData("status", "--json")]
    [InlineData("service", "change")]
    [InlineData("switchover", "--abort")]
    [InlineData("history", "--service")]
    [InlineData("demo", "kill|kill-secondary|hang|restart|mixed")]
    public async Task Help_is_no_failure(string command, string names)
    {
        (await _cli.RunAsync(command, "--help")).ShouldBe(0);

        _cli.Output.ShouldContain(names);
        _cli.Output.ShouldNotContain("--end-with-stdin");
    }
}
