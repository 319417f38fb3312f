using System.Net;
using System.Net.Sockets;
using System.Text;
using Counter;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Services;

namespace Understudy.Tests.Services;

/// <summary>Three applications in this process, each with a node: real sockets, real files.</summary>
public sealed class UnderstudyHostingTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-").FullName;
    private readonly List<IHost> _hosts = [];
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(120));

    [Fact]
    public async Task A_killed_host_s_service_goes_on_at_the_next_primary_with_its_state()
    {
        var nodes = await StartAsync();
        var sum = 0L;
        for (var number = 1; number <= 20; number++)
        {
            var reply = await nodes[number % 3].SendAsync(
                "tally", Tally.Bytes(number), false, null, _patience.Token);
            reply.Outcome.ShouldBe(ReplyOutcome.Answered);
            sum += number;
        }

        var primary = nodes.Single(node => node.Find<Tally>("tally")?.Primary is not null);
        var context = primary.Find<Tally>("tally")!.Primary!;
        await primary.Find<Tally>("tally")!.AddAsync(1000);
        await context.ConfirmAsync();
        var others = nodes.Where(node => node != primary).ToList();
        await primary.DisposeAsync(); // Its channels break, and it says nothing.

        context.Demoted.IsCancellationRequested.ShouldBeTrue();
        var read = await AskAsync(others[0]);
        read.ShouldBe(sum + 1000);
        var next = others.Single(node => node.Find<Tally>("tally")?.Primary is not null);
        next.Find<Tally>("tally")!.Primary!.FencingToken.ShouldBeGreaterThan(context.FencingToken);
        next.Find<Tally>("tally")!.Count.ShouldBe(sum + 1000);
        await Should.ThrowAsync<NotPrimaryException>(async () => await context.ConfirmAsync());
    }

    [Fact]
    public async Task A_sample_s_count_survives_the_loss_of_its_primary()
    {
        var nodes = await StartAsync();
        for (var number = 1; number <= 9; number++)
        {
            var reply = await nodes[number % 3].SendAsync("visits", default, false, null, _patience.Token);
            reply.Outcome.ShouldBe(ReplyOutcome.Answered);
            Encoding.UTF8.GetString(reply.Body.Span).ShouldBe($"{number}");
        }

        var primary = nodes.Single(node => node.IsPrimary("visits"));
        (await primary.Find<Visits>("visits")!.CountAsync(_patience.Token)).ShouldBe(10);
        var other = nodes.First(node => node != primary);
        await Should.ThrowAsync<NotPrimaryException>(
            async () => await other.Find<Visits>("visits")!.CountAsync(_patience.Token));
        await primary.DisposeAsync();

        var read = await other.SendAsync("visits", default, true, null, _patience.Token);
        read.Outcome.ShouldBe(ReplyOutcome.Answered);
        Encoding.UTF8.GetString(read.Body.Span).ShouldBe("10");
    }

    [Fact]
    public async Task A_request_that_the_code_refuses_or_throws_on_is_answered_and_not_sent_on()
    {
        var nodes = await StartAsync();
        var thrown = await nodes[0].SendAsync("tally", default, false, null, _patience.Token);
        thrown.Outcome.ShouldBe(ReplyOutcome.Refused);
        Encoding.UTF8.GetString(thrown.Body.Span).ShouldContain("ArgumentException: no number");
        (await AskAsync(nodes[1])).ShouldBe(0);
    }

    [Fact]
    public async Task A_command_from_code_is_carried_out_once_whichever_node_is_asked()
    {
        var nodes = await StartAsync();
        var admins = _hosts.Select(host => host.Services.GetRequiredService<IUnderstudyAdmin>()).ToList();
        var hold = new OperatorCommand.Hold(new ServiceName("tally"));
        var told = await admins[0].CommandAsync(hold, "once", _patience.Token);
        told.Outcome.ShouldBe(CommandOutcome.Done, told.Text);
        (await admins[1].CommandAsync(hold, "once", _patience.Token)).ShouldBe(told);

        var other = new OperatorCommand.Resume(new ServiceName("tally"));
        (await admins[2].CommandAsync(other, "once", _patience.Token)).Outcome.ShouldBe(CommandOutcome.Refused);
        var manager = nodes[0].Status.ReplicaManager!.Primary;
        admins[nodes.FindIndex(node => node.Node == manager)].History("tally")!.Changes
            .Count(change => change.What == "held").ShouldBe(1);
    }

    [Fact]
    public async Task Options_that_cannot_be_used_are_all_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddUnderstudy(options => options.Nodes.Add(Node("n1"))).AddService<Tally>("tally");
        using var host = builder.Build();

        var failure = await Should.ThrowAsync<InvalidOperationException>(host.StartAsync());
        failure.Message.ShouldContain("Node is not set");
        failure.Message.ShouldContain("DataDirectory is not set");
    }

    [Fact]
    public async Task Rules_of_services_that_cannot_be_met_are_all_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddUnderstudy(options => options.Nodes.Add(Node("n1")))
            .AddService<Tally>("a", shape => shape.With.Add("b"))
            .AddService<Tally>("b", shape => shape.After.Add("a"))
            .AddService<Tally>("c", shape => shape.Apart.Add("nobody"))
            .AddService<Tally>("d", shape => shape.Never.Add("n9"));
        using var host = builder.Build();

        var failure = await Should.ThrowAsync<InvalidOperationException>(host.StartAsync());
        failure.Message.ShouldContain("a -> b -> a");
        failure.Message.ShouldContain("c has a rule about \"nobody\"");
        failure.Message.ShouldContain("d has a rule about the node \"n9\"");
    }

    [Fact]
    public void A_service_may_not_have_the_built_in_one_s_name()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var understudy = builder.AddUnderstudy(_ => { });
        Should.Throw<ArgumentException>(() => understudy.AddService<Tally>("kv")).Message.ShouldContain("another name");
        Should.Throw<ArgumentException>(() => understudy.AddService<Tally>("x", shape => shape.Secondaries = -1));
    }

    [Fact]
    public void The_bounds_of_what_waits_are_those_of_code_unless_the_file_says_some()
    {
        var inCode = new HoldConfiguration { MaxRequests = 7 };
        var file = Path.Combine(_folder, "cluster.toml");
        File.WriteAllText(file, """
            cluster = "web"
            [node.n1]
            address = "127.0.0.1:7101"
            http = "127.0.0.1:7201"
            [service.said]
            kind = "said"
            hold = { seconds = 9 }
            drain-seconds = 7
            [service.silent]
            kind = "silent"
            """);
        var options = new UnderstudyOptions { Node = "n1", DataDirectory = _folder, ConfigurationFile = file };
        var understudy = new UnderstudyBuilder(options)
            .AddService<Tally>("said", Shape)
            .AddService<Tally>("silent", Shape)
            .AddService<Tally>("absent", Shape);
        understudy.Configure().Services.Select(s => (s.Name.Value, s.Hold, s.Drain.TotalSeconds)).ShouldBe(
        [
            ("absent", inCode, 3),
            ("said", new HoldConfiguration { Time = TimeSpan.FromSeconds(9) }, 7),
            ("silent", inCode, 3),
        ]);
        foreach (var bad in (HoldConfiguration[])
            [
                inCode with { MaxRequests = 0 },
                inCode with { MaxBytes = 1_000_000 },
                inCode with { Time = TimeSpan.FromMilliseconds(999) },
            ])
        {
            Should.Throw<ArgumentException>(() => understudy.AddService<Tally>("bad", shape => shape.Hold = bad))
                .Message.ShouldContain("it may hold 1 to 1000000 requests");
        }

        Should.Throw<ArgumentException>(
            () => understudy.AddService<Tally>("bad", shape => shape.Drain = TimeSpan.FromHours(2)))
            .Message.ShouldContain("its answers drain for up to 1 hour");

        void Shape(ServiceShape shape) => (shape.Hold, shape.Drain) = (inCode, TimeSpan.FromSeconds(3));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.Services.GetRequiredService<UnderstudyNode>().DisposeAsync();
            host.Dispose();
        }

        _patience.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<List<UnderstudyNode>> StartAsync()
    {
        NodeConfiguration[] nodes = [Node("n1"), Node("n2"), Node("n3")];
        foreach (var node in nodes)
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.AddUnderstudy(options =>
                {
                    options.Node = node.Id.Value;
                    options.DataDirectory = Path.Combine(_folder, node.Id.Value);
                    foreach (var each in nodes) options.Nodes.Add(each);
                })
                .AddService<Tally>("tally")
                .AddService<Visits>("visits");
            _hosts.Add(builder.Build());
        }

        await Task.WhenAll(_hosts.Select(host => host.StartAsync(_patience.Token)));
        var understudies = _hosts.Select(host => host.Services.GetRequiredService<UnderstudyNode>()).ToList();
        await AskAsync(understudies[0]);
        return understudies;
    }

    /// <summary>Reads, again while there is no primary; each attempt is held by the gateway.</summary>
    private async Task<long> AskAsync(UnderstudyNode node)
    {
        while (true)
        {
            var reply = await node.SendAsync("tally", default, true, null, _patience.Token);
            if (reply.Outcome == ReplyOutcome.Answered) return BitConverter.ToInt64(reply.Body.Span);
        }
    }

    private static NodeConfiguration Node(string id) =>
        new(new NodeId(id), FreeAddress(), FreeAddress(), NodeKind.Voter);

    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
