using Grpc.Core;
using Grpc.Net.Client;
using Understudy.Http;

namespace Understudy.Tests.Web;

/// <summary>gRPC through any node, to a service built on the library.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private WebCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await WebCluster.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Calls_of_every_kind_reach_the_primary_by_host_name_and_by_path()
    {
        foreach (var node in _cluster.Nodes)
        {
            foreach (var isByHost in (bool[])[true, false])
            {
                using var channel = Open(node.HttpAddress, isByHost);
                var talk = new Talk.TalkClient(channel);
                using var said = talk.SayAsync(new Line { Text = "hello" });
                (await said).Text.ShouldBe($"hello at {_cluster.Primary.Node}");
                said.GetTrailers().GetValue("who").ShouldBe(_cluster.Primary.Node);
                await SpellAsync(talk);
                await GatherAsync(talk);
                await EchoAsync(talk);
            }
        }
    }

    [Fact]
    public async Task A_status_that_a_method_gives_reaches_its_client()
    {
        using var channel = Open(_cluster.Others.First().HttpAddress, isByHost: true);
        var talk = new Talk.TalkClient(channel);
        var said = talk.SayAsync(new Line { Text = "fail" }).ResponseAsync;
        var thrown = await Should.ThrowAsync<RpcException>(said);
        thrown.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "not now"));
        thrown.Trailers.GetValue("who").ShouldBe(_cluster.Primary.Node);
    }

    [Fact]
    public async Task A_deadline_and_a_cancellation_reach_the_method()
    {
        using var channel = Open(_cluster.Others.First().HttpAddress, isByHost: true);
        var talk = new Talk.TalkClient(channel);
        var late = talk.WaitAsync(new Line(), deadline: DateTime.UtcNow.AddSeconds(1)).ResponseAsync;
        (await Should.ThrowAsync<RpcException>(late)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        (await _cluster.Talks.Cancelled.WaitAsync(_patience)).ShouldBeTrue();

        using var gone = new CancellationTokenSource();
        var waits = talk.WaitAsync(new Line(), cancellationToken: gone.Token).ResponseAsync;
        (await _cluster.Talks.Waiting.WaitAsync(_patience)).ShouldBeTrue();
        (await _cluster.Talks.Waiting.WaitAsync(_patience)).ShouldBeTrue("the first one waited, too");
        await gone.CancelAsync();
        (await Should.ThrowAsync<RpcException>(waits)).StatusCode.ShouldBe(StatusCode.Cancelled);
        (await _cluster.Talks.Cancelled.WaitAsync(_patience)).ShouldBeTrue();
    }

    [Fact]
    public async Task Calls_wait_for_the_next_primary()
    {
        using var channel = Open(_cluster.Others.First().HttpAddress, isByHost: true);
        var talk = new Talk.TalkClient(channel);
        var first = _cluster.Primary;
        await _cluster.KillAsync(first);
        var text = (await talk.SayAsync(new Line { Text = "hello" })).Text;
        text.ShouldBe($"hello at {_cluster.Primary.Node}");
    }

    [Theory]
    [InlineData(400, StatusCode.InvalidArgument)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(413, StatusCode.ResourceExhausted)]
    [InlineData(422, StatusCode.InvalidArgument)]
    [InlineData(502, StatusCode.Unknown)]
    [InlineData(503, StatusCode.Unavailable)]
    public void A_refusal_has_a_status_by_which_clients_know_whether_to_call_again(int http, StatusCode expected) =>
        ((StatusCode)Understudy.Http.Grpc.StatusOf(http)).ShouldBe(expected);

    [Fact]
    public void A_message_is_encoded_as_the_protocol_wants_it() =>
        Understudy.Http.Grpc.Encode("50 % of \"é\"\n").ShouldBe("50 %25 of \"%C3%A9\"%0A");

    private static GrpcChannel Open(Uri node, bool isByHost) => GrpcChannel.ForAddress(
        node, new GrpcChannelOptions { HttpHandler = new LedgerHandler(isByHost), DisposeHttpClient = true });

    private static async Task SpellAsync(Talk.TalkClient talk)
    {
        using var spelt = talk.Spell(new Line { Text = "abc" });
        List<string> letters = [];
        await foreach (var line in spelt.ResponseStream.ReadAllAsync()) letters.Add(line.Text);
        letters.ShouldBe(["a", "b", "c"]);
    }

    private static async Task GatherAsync(Talk.TalkClient talk)
    {
        using var gathering = talk.Gather();
        foreach (var text in (string[])["a", "b", "c"])
            await gathering.RequestStream.WriteAsync(new Line { Text = text });
        await gathering.RequestStream.CompleteAsync();
        (await gathering).Text.ShouldBe("abc");
    }

    private static async Task EchoAsync(Talk.TalkClient talk)
    {
        using var echo = talk.Echo();
        foreach (var text in (string[])["hello", "again"])
        {
            await echo.RequestStream.WriteAsync(new Line { Text = text });
            (await echo.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            echo.ResponseStream.Current.Text.ShouldBe(text);
        }

        await echo.RequestStream.CompleteAsync();
        (await echo.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeFalse();
    }

    /// <summary>Asks a node for the service, by the service's host name or below its path.</summary>
    private sealed class LedgerHandler(bool isByHost) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (isByHost) request.Headers.Host = "Ledger.Example.Com:80";
            else request.RequestUri = new Uri(request.RequestUri!, "/svc/ledger" + request.RequestUri!.AbsolutePath);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
