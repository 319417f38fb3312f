using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Understudy.Client;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

public sealed class GrpcCallTests : IDisposable
{
    private const string Unknown = "2";
    private const string Unavailable = "14";

    private readonly ToldNodes _nodes = new();
    private readonly ServiceLocator _locator;
    private readonly List<HttpClient> _clients = [];

    public GrpcCallTests() => _locator = new ServiceLocator(["http://n1:1"], _nodes);

    public void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
        _locator.Dispose();
        _nodes.Dispose();
    }

    [Fact]
    public async Task A_call_that_may_have_been_executed_is_unknown_and_not_repeated()
    {
        var call = await BegunAsync();
        call.Primary.Answer.SetException(new HttpRequestException("killed", new IOException("reset")));
        using var response = await call.Response;
        StatusOf(response).ShouldBe(Unknown);
        response.Headers.GetValues("grpc-message").Single().ShouldBe(
            "Whether%20the%20call%20was%20executed%20is%20not%20known%3A%20killed");
        (response.Version, response.Content.Headers.ContentType!.MediaType)
            .ShouldBe((HttpVersion.Version20, "application/grpc"));
    }

    [Fact]
    public async Task A_call_that_was_not_sent_goes_to_another_node()
    {
        var call = await BegunAsync();
        call.Primary.Answer.SetException(new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        var next = await _nodes.NextAsync();
        next.Host.ShouldBe("n2");
        next.Says("");
        (await call.Response).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_call_that_nobody_could_be_asked_for_is_unavailable()
    {
        using var response = await CallAsync(new FollowPrimaryOptions { HoldFor = TimeSpan.Zero });
        StatusOf(response).ShouldBe(Unavailable);
    }

    [Fact]
    public async Task A_call_whose_primary_hangs_ends_when_there_is_another_one()
    {
        var call = await BegunAsync();
        await TellAsync(RequestPlanTests.Map(2, "n3"));
        using var response = await call.Response;
        StatusOf(response).ShouldBe(Unknown);
    }

    [Fact]
    public async Task An_answer_goes_on_while_its_node_is_primary_and_breaks_off_when_it_is_no_more()
    {
        var call = await BegunAsync();
        var answer = new Pipe();
        call.Primary.Answer.SetResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(answer.Reader.AsStream()),
            Headers = { { "Understudy-Node", "n1" }, { "Understudy-Version", "1" } },
        });
        using var response = await call.Response;
        await using var stream = await response.Content.ReadAsStreamAsync();
        await TellAsync(RequestPlanTests.Map(2, "n1"));
        await answer.Writer.WriteAsync(new byte[] { 7 });
        var buffer = new byte[8];
        (await stream.ReadAsync(buffer)).ShouldBe(1);

        var reading = stream.ReadAsync(buffer).AsTask();
        await TellAsync(RequestPlanTests.Map(3, "n3"));
        var failure = await Should.ThrowAsync<HttpRequestException>(reading);
        failure.Message.ShouldEndWith("is not known: the primary has moved.");
        failure.InnerException.ShouldBeNull("gRPC would take a broken connection for a call that was not executed");
    }

    private async Task<(Task<HttpResponseMessage> Response, ToldNodes.Asked Primary)> BegunAsync()
    {
        await TellAsync(RequestPlanTests.Map(1, "n1"));
        var response = CallAsync(new FollowPrimaryOptions());
        var primary = await _nodes.NextAsync();
        primary.Host.ShouldBe("n1");
        return (response, primary);
    }

    private async Task<HttpResponseMessage> CallAsync(FollowPrimaryOptions options)
    {
        var handler = new FollowPrimaryHandler("kv", _locator, options, _nodes, TimeProvider.System);
        var client = new HttpClient(handler, disposeHandler: false);
        _clients.Add(client);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://kv/Office/Sell"))
        {
            Content = new ByteArrayContent([0, 0, 0, 0, 0]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task TellAsync(ServiceMapDocument map)
    {
        var changed = _locator.Changed;
        _nodes.Tell(map);
        await changed.WaitAsync(TestContext.Current.CancellationToken);
    }

    private static string StatusOf(HttpResponseMessage response) => response.Headers.GetValues("grpc-status").Single();
}
