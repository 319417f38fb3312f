using System.Diagnostics;
using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Services;

namespace Understudy.Tests.Hosting;

/// <summary>
/// A whole node whose services are made to wait: they demand more providers in sync than there are, or their code
/// hangs.
/// </summary>
public sealed class HeldRequestsTests : IAsyncLifetime
{
    private static readonly ServiceName _orders = new("orders");
    private static readonly ServiceName _users = new("users");
    private static readonly ServiceName _hanging = new("hanging");

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-").FullName;
    private readonly List<Exception> _failures = [];
    private NodeRuntime _node = null!;

    public async ValueTask InitializeAsync()
    {
        var configuration = ClusterConfiguration.SingleNode(new IPEndPoint(IPAddress.Loopback, 0));
        configuration = configuration with
        {
            Services =
            [
                .. configuration.Services,
                Waiting(_orders, new HoldConfiguration { Time = TimeSpan.FromMinutes(1) }),
                Waiting(_users, new HoldConfiguration { MaxRequests = 2, Time = TimeSpan.FromSeconds(1) }),
                new ServiceConfiguration(_hanging, nameof(Hanging), Secondaries: 1, Spares: 0)
                {
                    Hold = new HoldConfiguration { Time = TimeSpan.FromSeconds(1) },
                },
            ],
        };
        var catalog = new ServiceCatalog();
        catalog.Add(nameof(Hanging), _ => new Hanging());
        _node = new NodeRuntime(configuration, new NodeId("n1"), _folder, TimeProvider.System, _failures.Add, catalog);
        await _node.StartAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Five_thousand_held_requests_go_on_in_the_order_in_which_they_came()
    {
        const int Many = 5_000;
        var replies = Enumerable.Range(0, Many).Select(_ => IncrementAsync(_orders)).ToArray();
        (await _node.Gateway.SendAsync(
            _orders, KvCodec.Encode(new KvRequest.Get("n")), true, null, CancellationToken.None))
            .Outcome.ShouldBe(ReplyOutcome.Answered, "a read waits for no write");
        replies.Any(reply => reply.IsCompleted).ShouldBeFalse();
        _node.Local.Status().Requests.Single(each => each.Service == "orders").Waiting.ShouldBe(Many);

        var since = Stopwatch.GetTimestamp();
        var told = await _node.Commands.CommandAsync(
            new OperatorCommand.ChangeService(new ServiceDefinition(_orders, "kv", 1, 0, true)),
            null,
            CancellationToken.None);
        told.Outcome.ShouldBe(CommandOutcome.Accepted, told.Text);
        var answers = await Task.WhenAll(replies);
        TestContext.Current.SendDiagnosticMessage(
            $"{Many} held requests were answered in {Stopwatch.GetElapsedTime(since).TotalMilliseconds:0.0} ms.");
        answers.Select(NumberOf).ShouldBe(Enumerable.Range(1, Many).Select(number => (long)number));
        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_that_is_down_uses_up_its_own_places_and_says_which_bound_refused()
    {
        Task<Reply>[] held = [IncrementAsync(_users), IncrementAsync(_users)];
        Text(await IncrementAsync(_users)).ShouldBe("This node has 2 unanswered requests for users, as many as it may: "
            + "max-requests in [service.users.hold]. Try again.");
        NumberOf(await IncrementAsync(new ServiceName("kv"))).ShouldBe(1);
        foreach (var reply in await Task.WhenAll(held))
        {
            reply.Outcome.ShouldBe(ReplyOutcome.Unavailable);
            Text(reply).ShouldEndWith(
                "It has waited as long as it may: seconds in [service.users.hold]. The change was not made.");
        }

        var status = _node.Local.Status().Requests.Single(each => each.Service == "users");
        (status.Waiting, status.Refused).ShouldBe((0, 3));
    }

    [Fact]
    public async Task Over_http_a_change_that_was_sent_in_vain_is_502_and_one_that_was_only_held_is_503()
    {
        using var client = new HttpClient { BaseAddress = _node.HttpAddress };
        var (sending, holding) = (client.PostAsync("/svc/hanging/", null), client.PutAsync("/svc/users/keys/a", null));
        using var sent = await sending;
        sent.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        sent.Headers.RetryAfter.ShouldBeNull("sent again, it might be made twice");
        (await DetailOf(sent)).ShouldBe("The primary of hanging on n1 did not answer in time. It has waited as long as "
            + "it may: seconds in [service.hanging.hold]. Whether the change was made is not known.");

        using var held = await holding;
        held.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        held.Headers.RetryAfter.ShouldNotBeNull();
        (await DetailOf(held)).ShouldEndWith("seconds in [service.users.hold]. The change was not made.");

        static async Task<string?> DetailOf(HttpResponseMessage answer) =>
            (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.ProblemDocument))?.Detail;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync(CancellationToken.None);
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServiceConfiguration Waiting(ServiceName name, HoldConfiguration hold) =>
        new(name, ServiceConfiguration.KeyValue, Secondaries: 1, Spares: 0) { MinInSync = 2, Hold = hold };

    private Task<Reply> IncrementAsync(ServiceName service) => _node.Gateway.SendAsync(
        service, KvCodec.Encode(new KvRequest.Increment("n")), false, null, CancellationToken.None).AsTask();

    private static long NumberOf(Reply reply)
    {
        reply.Outcome.ShouldBe(ReplyOutcome.Answered, Text(reply));
        KvCodec.TryDecode(reply.Body, out KvAnswer? answer, out var reason).ShouldBeTrue(reason);
        return long.Parse(Text(answer!.Value), CultureInfo.InvariantCulture);
    }

    private static string Text(Reply reply) => Text(reply.Body);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    /// <summary>Takes requests, and never answers one.</summary>
    private sealed class Hanging : IReplicatedService
    {
        public ValueTask ApplyCheckpointAsync(
            ReadOnlyMemory<byte> checkpoint, long number, int format, CancellationToken cancellationToken) => default;

        public ValueTask SaveSnapshotAsync(IBufferWriter<byte> destination, CancellationToken cancellationToken) =>
            default;

        public ValueTask LoadSnapshotAsync(ReadOnlySequence<byte> snapshot, CancellationToken cancellationToken) =>
            default;

        public async ValueTask<ServiceOutcome> HandleRequestAsync(
            ServiceRequest request, CancellationToken cancellationToken)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            throw new System.Diagnostics.UnreachableException();
        }
    }
}
