using Understudy.Cli.Demo;

namespace Understudy.Benchmarks.Tests;

public class BenchmarkCommandLineTests
{
    private readonly Asked _asked = new();

    [Fact]
    public async Task Commit_takes_its_options()
    {
        await RunAsync("commit", "--via", "http", "--durability", "disk", "--clients", "3", "--seconds", "7", "--json");
        _asked.Options.ShouldBe(new CommitOptions(true, true, 3, TimeSpan.FromSeconds(7), true));
        await RunAsync("commit", "--beside");
        _asked.Options.ShouldBe(new CommitOptions(false, false, 64, TimeSpan.FromSeconds(5), false, Beside: true));
    }

    [Fact]
    public async Task Commit_by_64_callers_in_the_process_in_memory_is_usual()
    {
        await RunAsync("commit");
        _asked.Options.ShouldBe(new CommitOptions(false, false, 64, TimeSpan.FromSeconds(5), false));
    }

    [Fact]
    public async Task A_node_is_started_with_what_its_callers_shall_do()
    {
        var commits = new CommitOptions(false, true, 3, TimeSpan.FromSeconds(7), true);
        await RunAsync(
            [.. HostCommand.Program(commits)[2..], "node", "--config", "c.toml", "--id", "n1", "--data", "d",
            "--end-with-stdin"]);
        _asked.Options.ShouldBe(new HostOptions("c.toml", "n1", "d", commits));
        await RunAsync([.. HostCommand.WebProgram()[2..], "node", "--config", "c.toml", "--id", "n1", "--data", "d"]);
        _asked.Options.ShouldBeOfType<HostOptions>().IsWeb.ShouldBeTrue();
    }

    [Fact]
    public async Task Failover_kills_20_times_unless_told_otherwise()
    {
        await RunAsync("failover");
        _asked.Options.ShouldBe(new FailoverOptions(Fault.Kill, 20, 4, true, false));
        await RunAsync("failover", "--fault", "hang", "--trials", "2", "--clients", "0", "--durability", "memory");
        _asked.Options.ShouldBe(new FailoverOptions(Fault.Hang, 2, 0, false, false));
    }

    [Fact]
    public async Task Switchover_moves_20_times_unless_told_otherwise()
    {
        await RunAsync("switchover");
        _asked.Options.ShouldBe(new SwitchoverOptions(20, 4, true, false));
        await RunAsync("switchover", "--trials", "3", "--clients", "1", "--durability", "memory", "--json");
        _asked.Options.ShouldBe(new SwitchoverOptions(3, 1, false, true));
    }

    [Fact]
    public async Task Tcp_measures_fifty_connections_in_five_rounds_unless_told_otherwise()
    {
        await RunAsync("tcp");
        _asked.Options.ShouldBe(new TcpOptions(50, 5, false));
        await RunAsync("tcp", "--connections", "7", "--rounds", "1", "--json");
        _asked.Options.ShouldBe(new TcpOptions(7, 1, true));
    }

    [Fact]
    public async Task Transfer_moves_a_gigabyte_in_memory_beside_64_callers_unless_told_otherwise()
    {
        await RunAsync("transfer");
        _asked.Options.ShouldBe(new TransferOptions(1024, 64, false, false));
        await RunAsync(
            [.. HostCommand.Program(new TransferOptions(9, 3, true, true))[2..],
            "node", "--config", "c.toml", "--id", "n1", "--data", "d"]);
        _asked.Options.ShouldBe(
            new HostOptions("c.toml", "n1", "d", new CommitOptions(false, true, 3, TimeSpan.Zero, true), 9));
    }

    [Fact]
    public async Task The_flush_floor_takes_its_time()
    {
        await RunAsync("flush-floor", "--seconds", "9");
        _asked.Options.ShouldBe(TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Decide_takes_10_000_services_on_50_nodes_unless_told_otherwise()
    {
        await RunAsync("decide");
        _asked.Options.ShouldBe(new DecideOptions(10_000, 50, 10, false));
        await RunAsync("decide", "--services", "20", "--nodes", "4", "--trials", "2", "--json");
        _asked.Options.ShouldBe(new DecideOptions(20, 4, 2, true));
    }

    [Fact]
    public async Task Clients_measures_every_way_in_unless_told_otherwise()
    {
        await RunAsync("clients");
        _asked.Options.ShouldBe(
            new ClientsOptions(ClientsParts.All, TimeSpan.FromSeconds(8), 10, 5, 5000, IsDurable: true, Json: false));
        await RunAsync(
            "clients", "--only", "gap", "--seconds", "1", "--trials", "2", "--rounds", "3", "--held", "4",
            "--durability", "memory", "--json");
        _asked.Options.ShouldBe(
            new ClientsOptions(ClientsParts.Gap, TimeSpan.FromSeconds(1), 2, 3, 4, IsDurable: false, Json: true));
    }

    [Theory]
    [InlineData("commit", "--clients", "0")]
    [InlineData("commit", "--durability", "paper")]
    [InlineData("commit", "--via", "pigeon")]
    [InlineData("failover", "--trials", "0")]
    [InlineData("switchover", "--trials", "0")]
    [InlineData("transfer", "--megabytes", "0")]
    [InlineData("clients", "--only", "hope")]
    [InlineData("clients", "--held", "10000")]
    public void What_cannot_be_measured_is_refused(params string[] arguments) =>
        BenchmarkCommandLine.Create(_asked).Parse(arguments).Errors.ShouldNotBeEmpty();

    private Task<int> RunAsync(params string[] arguments) =>
        BenchmarkCommandLine.Create(_asked).Parse(arguments).InvokeAsync();

    private sealed class Asked : IBenchmarks
    {
        public object? Options { get; private set; }

        public Task<int> CommitAsync(CommitOptions options, CancellationToken stop) => Note(options);

        public Task<int> HostAsync(HostOptions options, CancellationToken stop) => Note(options);

        public Task<int> FailoverAsync(FailoverOptions options, CancellationToken stop) => Note(options);

        public Task<int> TransferAsync(TransferOptions options, CancellationToken stop) => Note(options);

        public Task<int> SwitchoverAsync(SwitchoverOptions options, CancellationToken stop) => Note(options);

        public Task<int> TcpAsync(TcpOptions options, CancellationToken stop) => Note(options);

        public Task<int> FlushFloorAsync(TimeSpan duration, bool json, CancellationToken stop) => Note(duration);

        public Task<int> DecideAsync(DecideOptions options) => Note(options);

        public Task<int> ClientsAsync(ClientsOptions options, CancellationToken stop) => Note(options);

        private Task<int> Note(object options)
        {
            Options = options;
            return Task.FromResult(0);
        }
    }
}
