using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Understudy.Kernel;
using Understudy.Workers;

namespace Understudy.Tests.Workers;

/// <summary>An application with a node of its own cluster and a worker: real sockets, real files.</summary>
public sealed class PrimaryOnlyTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-").FullName;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(120));
    private IHost? _host;

    [Fact]
    public async Task A_worker_runs_in_a_scope_of_its_own_with_its_context_until_the_application_stops()
    {
        var seen = new TaskCompletionSource<Noting>(TaskCreationOptions.RunContinuationsAsynchronously);
        _host = Build(builder => builder.Services.AddSingleton(seen).AddScoped<Notebook>());
        await _host.StartAsync(_patience.Token);
        var worker = await seen.Task.WaitAsync(_patience.Token);

        worker.Context.ServiceName.ShouldBe("nightly");
        worker.Context.FencingToken.Lineage.ShouldBe(new Lineage(1));
        worker.Notebook.Context.ShouldBeSameAs(worker.Context, "what the worker uses has the same context");
        worker.Notebook.IsClosed.ShouldBeFalse();
        _host.Services.GetRequiredService<IUnderstudyNode>().Status.Services.Single().Exclusive.ShouldBeTrue();

        await _host.StopAsync(_patience.Token);
        worker.Context.Demoted.IsCancellationRequested.ShouldBeTrue();
        worker.Notebook.IsClosed.ShouldBeTrue("its scope ends with the run, before the node leaves");
    }

    [Fact]
    public void Outside_a_worker_there_is_no_context_and_the_message_says_so()
    {
        _host = Build(_ => { });
        using var scope = _host.Services.CreateScope();

        Should.Throw<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<IWorkerContext>())
            .Message.ShouldContain("only within a worker that AddPrimaryOnly added");
    }

    [Fact]
    public void A_worker_in_the_cluster_s_file_is_a_worker_whatever_shape_the_file_gives_it()
    {
        var file = Path.Combine(_folder, "cluster.toml");
        File.WriteAllText(file, """
            cluster = "web"
            [node.n1]
            address = "127.0.0.1:7101"
            http = "127.0.0.1:7201"
            [service.nightly]
            kind = "nightly"
            secondaries = 2
            """);
        var options = new UnderstudyOptions { Node = "n1", DataDirectory = _folder, ConfigurationFile = file };
        var builder = new UnderstudyBuilder(options).AddPrimaryOnly<Noting>("nightly");

        var service = builder.Configure().Services.ShouldHaveSingleItem();
        service.IsExclusive.ShouldBeTrue();
        service.Secondaries.ShouldBe(0);
        service.Durability.ShouldBe(Durability.Memory);
    }

    [Fact]
    public void A_worker_may_not_have_the_built_in_service_s_name()
    {
        var builder = new UnderstudyBuilder(new UnderstudyOptions());
        Should.Throw<ArgumentException>(() => builder.AddPrimaryOnly<Noting>("kv"))
            .Message.ShouldContain("another name");
    }

    [Fact]
    public void The_kernel_has_a_timer_that_kills_where_this_runs_on_Linux()
    {
        var timer = KillTimer.TryCreate(() => TimeSpan.Zero, out var whyNone);
        if (!OperatingSystem.IsLinux())
        {
            whyNone.ShouldBe("only 64-bit Linux has such a timer");
            return;
        }

        timer.ShouldNotBeNull(whyNone).SetAt(TimeSpan.FromHours(1));
        timer.SetAt(null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host) await host.DisposeAsync();
        _patience.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private IHost Build(Action<HostApplicationBuilder> more)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddUnderstudy(options =>
            {
                options.Node = "n1";
                options.DataDirectory = Path.Combine(_folder, "n1");
                options.EndProcessWithLease = false; // The process is that of the tests.
                options.Nodes.Add(new NodeConfiguration(
                    new NodeId("n1"), FreeAddress(), FreeAddress(), NodeKind.Voter));
            })
            .AddPrimaryOnly<Noting>("nightly");
        more(builder);
        return builder.Build();
    }

    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
