using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Understudy.Contracts;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;

namespace Understudy.Tests.Http;

/// <summary>A node's HTTP side on a free loopback port, before a gateway that is a <see cref="KvState"/>.</summary>
public sealed class HttpFixture : IGateway, INodeState, IAsyncDisposable
{
    private readonly KvState _state = new();
    private readonly WebApplication _application;

    private HttpFixture()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            NodeHttp.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _application = builder.Build();
        _application.Run(new NodeHttp(this, this).AnswerAsync);
    }

    public HttpClient Client { get; } = new();

    /// <summary>What the gateway answers instead of asking the state, if set.</summary>
    public Reply? Refusal { get; set; }

    public (bool IsRead, string? Key) Last { get; private set; }

    public NodeId Node => new("n1");

    public string? NotAlive { get; set; }

    public string? NotReady { get; set; }

    public bool IsStopping { get; set; }

    public PrimaryPlace Place { get; set; } = PrimaryPlace.Here;

    public static async Task<HttpFixture> StartAsync()
    {
        var fixture = new HttpFixture();
        await fixture._application.StartAsync();
        fixture.Client.BaseAddress = new Uri(fixture._application.Urls.Single());
        return fixture;
    }

    public ValueTask<Reply> SendAsync(
        ServiceName service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        Last = (isRead, idempotencyKey);
        if (Refusal is not null) return ValueTask.FromResult(Refusal);
        var answer = _state.Execute(body).Answer;
        return ValueTask.FromResult(
            new Reply(ReplyOutcome.Answered, answer, new ConfigurationVersion(7), new NodeId("n2")));
    }

    public PrimaryPlace PlaceOf(ServiceName service) => Place;

    public ConfigurationVersion VersionOf(ServiceName service) => new(3);

    public StatusDocument Status() => new()
    {
        Cluster = "web",
        Node = new ThisNodeStatus
        {
            Id = "n1",
            Incarnation = 1,
            State = NodeStates.Member,
            Version = "0",
            Pid = 1,
            RssMegabytes = 1,
            CpuSeconds = 1,
        },
    };

    public TimelineDocument Timeline() => new() { Node = "n1", Events = [] };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
    }
}
