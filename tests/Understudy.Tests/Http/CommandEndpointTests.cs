using System.Net;
using System.Net.Http.Json;
using System.Text;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Tests.Http;

public sealed class CommandEndpointTests : IAsyncLifetime
{
    private static readonly ServiceName _kv = new("kv");
    private static readonly NodeId _n2 = new("n2");

    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() => _http = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    public static TheoryData<string, OperatorCommand> Understood => new()
    {
        { """{"command":"removeService","service":"kv"}""", new OperatorCommand.RemoveService(_kv) },
        { """{"command":"addProvider","service":"kv","node":"n2"}""", new OperatorCommand.AddProvider(_kv, _n2) },
        { """{"command":"removeProvider","service":"kv","node":"n2"}""", new OperatorCommand.RemoveProvider(_kv, _n2) },
        { """{"command":"switchover","service":"kv"}""", new OperatorCommand.Switchover(_kv, null) },
        { """{"command":"switchover","service":"kv","node":"n2"}""", new OperatorCommand.Switchover(_kv, _n2) },
        { """{"command":"abort","service":"kv"}""", new OperatorCommand.Abort(_kv) },
        { """{"command":"failover","service":"kv"}""", new OperatorCommand.Failover(_kv, false) },
        { """{"command":"failover","service":"kv","acceptLoss":true}""", new OperatorCommand.Failover(_kv, true) },
        { """{"command":"drain","node":"n2"}""", new OperatorCommand.Drain(_n2) },
        { """{"command":"undrain","node":"n2"}""", new OperatorCommand.Undrain(_n2) },
        { """{"command":"release","node":"n2"}""", new OperatorCommand.Release(_n2) },
        { """{"command":"recover","service":"kv"}""", new OperatorCommand.Recover(_kv, null, false) },
        {
            """{"command":"recover","service":"kv","node":"n2","acceptLoss":true}""",
            new OperatorCommand.Recover(_kv, _n2, true)
        },
        { """{"command":"hold","service":"kv"}""", new OperatorCommand.Hold(_kv) },
        { """{"command":"hold"}""", new OperatorCommand.Hold(null) },
        { """{"command":"resume"}""", new OperatorCommand.Resume(null) },
        { """{"command":"audit","service":"kv"}""", new OperatorCommand.Audit(_kv) },
    };

    [Theory]
    [MemberData(nameof(Understood))]
    public async Task A_command_reaches_the_replica_manager_as_it_was_given(string body, OperatorCommand command)
    {
        using var response = await PostAsync(body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        _http.Commands.ShouldBe([(command, null)]);
    }

    [Fact]
    public void Every_command_of_the_contract_is_one_that_can_be_read()
    {
        var names = typeof(CommandNames).GetFields().Select(field => (string)field.GetValue(null)!);
        var commands = typeof(OperatorCommand).GetNestedTypes().Select(type => type.Name);
        Understood.Select(row => row.Data.Item2.GetType().Name).Distinct()
            .Concat(["AddService", "ChangeService"]).Order().ShouldBe(commands.Order());
        names.Count().ShouldBe(commands.Count());
    }

    [Fact]
    public async Task A_program_that_somebody_else_runs_has_no_state_to_wait_for()
    {
        await PostAsync("""{"command":"addService","service":"cache","kind":"external","secondaries":1}""");
        var added = Definition(0);
        (added.Kind, added.Secondaries, added.Spares).ShouldBe(("external", 1, 1));
        (added.Durable, added.TotalLoss).ShouldBe((false, TotalLossPolicy.StartEmpty));
    }

    [Fact]
    public async Task A_new_service_has_the_shape_that_is_usual_and_what_is_given()
    {
        await PostAsync("""{"command":"addService","service":"a","kind":"kv"}""");
        await PostAsync(
            """
            {"command":"addService","service":"b","kind":"kv","secondaries":1,"spares":0,"durability":"memory",
             "checkpoints":"periodic","interval":"250ms","auditEvery":"12h","keepKeys":"2d",
             "minInSync":2,"totalLoss":"start-empty","restarts":3,"restartMinutes":5,
             "prefer":["n2","n1"],"only":["n1","n2"],"never":["n3"],"with":["a"],"after":["a"],"apart":["c"]}
            """);
        Definition(0).ShouldBe(new ServiceDefinition(new("a"), "kv", 2, 1, true));
        var given = Definition(1);
        (given.Secondaries, given.Spares, given.Durable).ShouldBe((1, 0, false));
        (given.CheckpointEvery, given.AuditEvery).ShouldBe((TimeSpan.FromMilliseconds(250), TimeSpan.FromHours(12)));
        given.KeepKeysFor.ShouldBe(TimeSpan.FromDays(2));
        (given.MinInSync, given.TotalLoss).ShouldBe((2, TotalLossPolicy.StartEmpty));
        (given.Restarts, given.RestartWindow).ShouldBe((3, TimeSpan.FromMinutes(5)));
        given.Preferred.ShouldBe([new("n2"), new("n1")]);
        given.Only.ShouldBe([new("n1"), new("n2")]);
        given.Never.ShouldBe([new("n3")]);
        given.With.ShouldBe([new("a")]);
        given.After.ShouldBe([new("a")]);
        given.Apart.ShouldBe([new("c")]);
    }

    [Fact]
    public async Task A_change_changes_only_what_is_given()
    {
        _http.Known = new ServiceDefinition(_kv, "kv", 2, 1, false)
        {
            Only = [new("n1")],
            Never = [new("n3")],
            KeepKeysFor = TimeSpan.FromHours(3),
        };
        await PostAsync("""{"command":"changeService","service":"kv","spares":0,"only":[]}""");
        var changed = _http.Commands.Single().Command.ShouldBeOfType<OperatorCommand.ChangeService>().Definition;
        (changed.Secondaries, changed.Spares, changed.Durable, changed.Kind).ShouldBe((2, 0, false, "kv"));
        changed.KeepKeysFor.ShouldBe(TimeSpan.FromHours(3));
        changed.Only.ShouldBeEmpty();
        changed.Never.ShouldBe([new("n3")]);
    }

    [Theory]
    [InlineData("\"spares\":0", 3, 86_400)]
    [InlineData("\"interval\":\"5s\",\"auditEvery\":\"never\"", 5, 0)]
    [InlineData("\"checkpoints\":\"periodic\"", 3, 86_400)]
    [InlineData("\"checkpoints\":\"before-reply\",\"auditEvery\":\"1h\"", 0, 3_600)]
    public async Task The_mode_of_checkpoints_and_the_interval_of_audits_can_be_changed(
        string given, int interval, int audit)
    {
        _http.Known = new ServiceDefinition(_kv, "kv", 2, 1, false) { CheckpointEvery = TimeSpan.FromSeconds(3) };
        await PostAsync($$"""{"command":"changeService","service":"kv",{{given}}}""");
        var changed = _http.Commands.Single().Command.ShouldBeOfType<OperatorCommand.ChangeService>().Definition;
        (changed.CheckpointEvery, changed.AuditEvery).ShouldBe(
            (TimeSpan.FromSeconds(interval), TimeSpan.FromSeconds(audit)));
    }

    [Theory]
    [InlineData("x", "not JSON")]
    [InlineData("[]", "JSON object")]
    [InlineData("{}", "\"command\" is missing")]
    [InlineData("""{"command":"hold","command":"resume"}""", "not JSON")]
    [InlineData("""{"comand":"hold"}""", "There is no field \"comand\". Did you mean \"command\"?")]
    [InlineData("""{"command":"hld"}""", "Did you mean \"hold\"?")]
    [InlineData("""{"command":7}""", "\"command\" has a value that it cannot have")]
    [InlineData("""{"command":"drain"}""", "drain needs \"node\"")]
    [InlineData("""{"command":"drain","node":"n1","service":"kv"}""", "drain takes no \"service\"")]
    [InlineData("""{"command":"drain","node":"n4"}""", "There is no node \"n4\"")]
    [InlineData("""{"command":"hold","service":"a b"}""", "\"a b\" is not a service name")]
    [InlineData("""{"command":"addService","service":"a","kind":"k b"}""", "\"k b\" is not a kind's name")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","minInSync":0}""", "\"minInSync\" is 0")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","restartMinutes":0}""", "from 1 to 1440")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","totalLoss":"x"}""", "\"totalLoss\" is \"x\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","spares":-1}""", "\"spares\" is -1")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","spares":"1"}""", "\"spares\" has a value")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","prefer":[null]}""", "There is no node \"\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","durability":"x"}""", "\"durability\" is \"x\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"external","totalLoss":"wait"}""",
        "\"totalLoss\" means nothing to a, which is of kind \"external\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","checkpoints":"x"}""", "\"checkpoints\" is \"x\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","interval":"1s"}""", "but a is not \"periodic\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","interval":"2h"}""", "\"interval\" is \"2h\"")]
    [InlineData("""{"command":"addService","service":"a","kind":"kv","auditEvery":"1s"}""", "\"1m\" to \"365d\"")]
    [InlineData("""{"command":"changeService","service":"kv","durability":"disk"}""", "takes no \"durability\"")]
    [InlineData("""{"command":"changeService","service":"no","spares":1}""", "n1 knows of no service no")]
    public async Task What_is_not_understood_is_told_and_not_given(string body, string problem)
    {
        using var response = await PostAsync(body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await DetailAsync(response)).ShouldContain(problem);
        _http.Commands.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CommandOutcome.Refused, HttpStatusCode.Conflict)]
    [InlineData(CommandOutcome.Unavailable, HttpStatusCode.ServiceUnavailable)]
    public async Task A_command_that_is_not_carried_out_is_a_problem_with_its_reason(
        CommandOutcome outcome, HttpStatusCode status)
    {
        _http.Told = new CommandAnswer(outcome, "for a reason");
        using var response = await PostAsync("""{"command":"hold"}""");
        response.StatusCode.ShouldBe(status);
        (await DetailAsync(response)).ShouldBe("for a reason");
    }

    [Theory]
    [InlineData(CommandOutcome.Done, CommandOutcomes.Done)]
    [InlineData(CommandOutcome.Accepted, CommandOutcomes.Accepted)]
    public async Task A_command_that_is_taken_is_answered_with_its_text(CommandOutcome outcome, string told)
    {
        _http.Told = new CommandAnswer(outcome, "it is so");
        using var response = await PostAsync("""{"command":"hold"}""");
        var answer = await response.Content.ReadFromJsonAsync(ContractsJson.Default.CommandAnswerDocument);
        answer.ShouldBe(new CommandAnswerDocument(told, "it is so"));
    }

    [Fact]
    public async Task A_commands_key_goes_with_it()
    {
        _http.Client.DefaultRequestHeaders.Add("Idempotency-Key", "mine");
        using var response = await PostAsync("""{"command":"hold"}""");
        _http.Commands.Single().Key.ShouldBe("mine");
    }

    [Fact]
    public async Task Only_a_post_of_json_is_a_command()
    {
        using var get = await _http.Client.GetAsync(CommandDocument.Path);
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        get.Content.Headers.Allow.ShouldBe(["POST"]);
        using var form = new StringContent("""{"command":"hold"}""", Encoding.UTF8, "text/plain");
        using var post = await _http.Client.PostAsync(CommandDocument.Path, form);
        post.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var large = await PostAsync(new string(' ', 65537));
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        _http.Commands.ShouldBeEmpty();
    }

    private ServiceDefinition Definition(int index) =>
        _http.Commands[index].Command.ShouldBeOfType<OperatorCommand.AddService>().Definition;

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _http.Client.PostAsync(CommandDocument.Path, content);
    }

    private static async Task<string> DetailAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType!.MediaType.ShouldBe(ProblemDocument.ContentType);
        return (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ProblemDocument))!.Detail!;
    }
}
