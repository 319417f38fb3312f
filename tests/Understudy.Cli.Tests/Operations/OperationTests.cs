using System.Text.Json;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

public sealed class OperationTests : IAsyncLifetime
{
    private readonly CommandFixture _cli = new();
    private OperatedNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await OperatedNode.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"command":"removeService","service":"kv"}""", "service", "remove", "kv")]
    [InlineData("""{"command":"hold","service":"kv"}""", "service", "hold", "kv")]
    [InlineData("""{"command":"resume","service":"kv"}""", "service", "resume", "kv")]
    [InlineData("""{"command":"audit","service":"kv"}""", "service", "audit", "kv")]
    [InlineData("""{"command":"hold"}""", "hold")]
    [InlineData("""{"command":"resume"}""", "resume")]
    [InlineData("""{"command":"addProvider","service":"kv","node":"n2"}""", "provider", "add", "kv", "n2")]
    [InlineData("""{"command":"removeProvider","service":"kv","node":"n2"}""",
        "provider", "remove", "kv", "n2")]
    [InlineData("""{"command":"undrain","node":"n2"}""", "node", "undrain", "n2")]
    [InlineData("""{"command":"drain","node":"n2"}""", "node", "drain", "n2", "--no-wait")]
    [InlineData("""{"command":"switchover","service":"kv"}""", "switchover", "kv", "--no-wait")]
    [InlineData("""{"command":"switchover","service":"kv","node":"n2"}""",
        "switchover", "kv", "--to", "n2", "--no-wait")]
    [InlineData("""{"command":"release","node":"n2"}""", "node", "release", "n2")]
    [InlineData("""{"command":"recover","service":"kv","acceptLoss":false}""",
        "service", "recover", "kv", "--no-wait")]
    [InlineData("""{"command":"recover","service":"kv","node":"n2","acceptLoss":true}""",
        "service", "recover", "kv", "--from", "n2", "--accept-loss", "--no-wait")]
    [InlineData("""{"command":"changeService","service":"a","minInSync":2,"totalLoss":"wait"}""",
        "service", "change", "a", "--min-in-sync", "2", "--total-loss", "wait")]
    [InlineData("""{"command":"changeService","service":"a","restarts":0,"restartMinutes":5}""",
        "service", "change", "a", "--restarts", "0", "--restart-minutes", "5")]
    [InlineData("""{"command":"abort","service":"kv"}""", "switchover", "kv", "--abort", "--no-wait")]
    [InlineData("""{"command":"failover","service":"kv","acceptLoss":true}""",
        "failover", "kv", "--accept-loss", "--no-wait")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv"}""",
        "service", "add", "a", "--no-wait")]
    [InlineData("""{"command":"changeService","service":"a","spares":0,"only":[]}""",
        "service", "change", "a", "--spares", "0", "--only", "")]
    public async Task A_command_is_given_as_it_was_written(string document, params string[] arguments)
    {
        (await RunAsync(arguments)).ShouldBe(0, _cli.Error);

        var given = JsonSerializer.Serialize(_node.Given.Single().Command, ContractsJson.Default.CommandDocument);
        given.ShouldBe(document);
        _node.Given.Single().Key.ShouldNotBeNullOrEmpty();
        _cli.Output.ShouldBe("It is begun.\n");
    }

    [Fact]
    public async Task A_new_service_has_all_that_was_given()
    {
        (await RunAsync(
            "service", "add", "b", "--kind", "votes", "--secondaries", "1", "--spares", "0", "--durability", "memory",
            "--prefer", "n1, n2", "--only", "n1,n2", "--never", "n3", "--with", "kv", "--after", "kv",
            "--apart", "c,d", "--no-wait")).ShouldBe(0, _cli.Error);

        var given = JsonSerializer.Serialize(_node.Given.Single().Command, ContractsJson.Default.CommandDocument);
        given.Replace('"', '\'').ShouldBe(
            "{'command':'addService','service':'b','kind':'votes','secondaries':1,'spares':0,'durability':'memory'," +
            "'prefer':['n1','n2'],'only':['n1','n2'],'never':['n3'],'with':['kv'],'after':['kv'],'apart':['c','d']}");
    }

    [Theory]
    [InlineData(409, 1)]
    [InlineData(400, 2)]
    public async Task A_command_that_is_refused_says_why(int status, int code)
    {
        _node.Problem = new ProblemDocument { Title = "No", Status = status, Detail = "There is no service kv." };

        (await RunAsync("switchover", "kv")).ShouldBe(code);

        _cli.Error.ShouldBe("understudy: There is no service kv.\n");
        _cli.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failover_says_how_its_loss_is_accepted()
    {
        _node.Problem = new ProblemDocument { Title = "No", Status = 409, Detail = "Say that you accept this." };

        (await RunAsync("failover", "kv")).ShouldBe(1);

        _cli.Error.ShouldBe("understudy: Say that you accept this. With --accept-loss it is done.\n");
    }

    [Fact]
    public async Task A_command_that_nobody_answered_tells_the_key_to_give_it_again()
    {
        _node.Problem = new ProblemDocument { Title = "No", Status = 503, Detail = "Nobody answered." };

        (await RunAsync("hold", "--key", "mine")).ShouldBe(1);

        _cli.Error.ShouldBe("understudy: Nobody answered. The key is --key mine.\n");
        _node.Given.Single().Key.ShouldBe("mine");
    }

    [Fact]
    public async Task A_switchover_is_followed_until_the_primary_has_moved()
    {
        _node.Statuses = [Documents.Whole, Documents.Whole, Moving("n2 is brought up, 5 %"), On("n2")];

        (await RunAsync("switchover", "kv", "--to", "n2")).ShouldBe(0, _cli.Error);

        _cli.Output.ShouldBe("It is begun.\nkv: n2 is brought up, 5 %.\nThe primary of kv is on n2 now.\n");
    }

    [Fact]
    public async Task A_switchover_that_is_given_up_fails()
    {
        _node.Statuses = [Documents.Whole, Moving("n2 is brought up, 5 %"), Documents.Whole];

        (await RunAsync("switchover", "kv", "--json")).ShouldBe(1);

        _cli.Output.ShouldStartWith("""{"outcome":"givenUp","text":"The primary of kv is still on n1, """);
    }

    [Fact]
    public async Task A_switchover_that_ends_elsewhere_fails()
    {
        _node.Statuses = [Documents.Whole, On("n3")];

        (await RunAsync("switchover", "kv", "--to", "n2")).ShouldBe(1);

        _cli.Error.ShouldBe("understudy: The primary of kv is on n3 now, and not on n2.\n");
    }

    [Fact]
    public async Task What_is_done_at_once_is_not_followed()
    {
        _node.Answer = new CommandAnswerDocument(CommandOutcomes.Done, "It is there already.");

        (await RunAsync("switchover", "kv", "--to", "n1", "--json")).ShouldBe(0);

        _cli.Output.ShouldBe("""{"outcome":"done","text":"It is there already."}""" + "\n");
    }

    [Fact]
    public async Task A_node_is_drained_when_it_hosts_nothing()
    {
        var drained = Drained(Documents.Kv with { Secondaries = ["n3"] });
        _node.Statuses = [Documents.Whole, Drained(Documents.Kv), drained, RmOn(drained, "n1")];

        (await RunAsync("node", "drain", "n2")).ShouldBe(0, _cli.Error);

        _cli.Output.ShouldStartWith("It is begun.\nn2 still hosts kv (secondary), the replica manager.\n");
        _cli.Output.ShouldEndWith("n2 is drained and hosts nothing.\n");
    }

    [Fact]
    public async Task A_switchover_of_the_replica_manager_is_followed_until_it_has_moved()
    {
        var operation = new OperationStatus
        {
            Target = "n3",
            Stage = OperationStages.Freeze,
            Since = 3,
            Cause = "an operator asked for n3",
            WaitsFor = "a view",
        };
        var moving = Documents.Whole with
        {
            ReplicaManager = Documents.Whole.ReplicaManager! with { Operation = operation },
        };
        _node.Statuses = [Documents.Whole, moving, RmOn(Documents.Whole, "n3")];

        (await RunAsync("switchover", "rm", "--to", "n3")).ShouldBe(0, _cli.Error);

        _cli.Output.ShouldBe(
            "It is begun.\nThe replica manager goes to n3: a view.\nThe replica manager is on n3 now.\n");
    }

    [Fact]
    public async Task A_switchover_of_the_replica_manager_that_is_given_up_or_ends_elsewhere_fails()
    {
        _node.Statuses = [Documents.Whole, RmOn(Documents.Whole, "n1")];

        (await RunAsync("switchover", "rm", "--to", "n3")).ShouldBe(1);

        _cli.Error.ShouldBe("understudy: The replica manager is on n1 now, and not on n3.\n");
    }

    [Fact]
    public async Task What_takes_longer_than_wanted_is_told_with_what_it_waits_for()
    {
        _node.Statuses = [Documents.Whole, Drained(Documents.Kv)];

        (await RunAsync("node", "drain", "n2", "--timeout", "1")).ShouldBe(1);

        _cli.Error.ShouldBe(
            "understudy: It is still under way after 1 s, and goes on: "
            + "n2 still hosts kv (secondary), the replica manager.\n");
    }

    [Fact]
    public async Task A_new_service_is_there_when_it_has_a_primary()
    {
        var orders = Documents.Kv with { Name = "orders", Primary = null };
        _node.Statuses =
        [
            Documents.Whole, With(orders) with { Reasons = ["orders has not started: it starts after kv"] },
            With(orders with { Primary = "n4" }),
        ];

        (await RunAsync("service", "add", "orders")).ShouldBe(0, _cli.Error);

        _cli.Output.ShouldBe(
            "It is begun.\norders has not started: it starts after kv\nThe primary of orders is on n4.\n");
    }

    [Fact]
    public async Task The_history_is_printed_for_people()
    {
        _node.History = _node.History with
        {
            Changes =
            [
                new()
                {
                    Number = 7,
                    Seconds = 3723.25,
                    Service = "kv",
                    FromVersion = 3,
                    Version = 4,
                    Position = 812,
                    Phases = [new PhaseDocument("agree", 3.26), new PhaseDocument("decide", 0)],
                    What = "moved",
                    Cause = "view 3",
                },
                new() { Number = 8, Seconds = 90000, What = "n2 is drained", Cause = "command: drain n2" },
            ],
        };

        (await RunAsync("history")).ShouldBe(0, _cli.Error);

        _cli.Output.ShouldBe(
            """
            change  at            service  version  position  what                                 why
            7       0.01:02:03.2  kv       3 -> 4   812       moved (agree 3.3 ms, decide 0.0 ms)  view 3
            8       1.01:00:00.0  -        -        -         n2 is drained                        command: drain n2

            """);
    }

    private Task<int> RunAsync(params string[] arguments) => _cli.RunAsync([.. arguments, "--http", _node.Address]);

    private static StatusDocument RmOn(StatusDocument status, string node) =>
        status with { ReplicaManager = status.ReplicaManager! with { Primary = node } };

    private static StatusDocument With(ServiceStatus service) => Documents.Whole with { Services = [service] };

    private static StatusDocument On(string node) => With(Documents.Kv with { Primary = node, Version = 9 });

    private static StatusDocument Moving(string waitsFor) => With(Documents.Kv with
    {
        Operation = new OperationStatus
        {
            Target = "n2",
            Stage = OperationStages.BringUp,
            Since = 12,
            Cause = "an operator asked for n2",
            WaitsFor = waitsFor,
        },
    });

    private static StatusDocument Drained(ServiceStatus service) => With(service) with
    {
        Nodes = [.. Documents.Whole.Nodes.Select(node => node with { Drained = node.Id == "n2" })],
    };
}
