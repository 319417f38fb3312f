using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using Understudy.Client;
using Understudy.Client.Protocol;

namespace Understudy.Tests.Client;

/// <summary>Answers whose headers have come, and whose primary is lost before the rest has.</summary>
public sealed class BrokenAnswerTests : IDisposable
{
    private readonly ToldNodes _nodes = new();
    private readonly ServiceLocator _locator;

    public BrokenAnswerTests() => _locator = new ServiceLocator(["http://n1:1"], _nodes, TimeProvider.System);

    public void Dispose()
    {
        _locator.Dispose();
        _nodes.Dispose();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task What_may_be_repeated_goes_on_when_its_answer_breaks_off(string method)
    {
        using var server = new CuttingServer();
        using var map = new MapStream(server.Url);
        await using var locator = new ServiceLocator([server.Url.ToString()], map);
        using var client = Client(locator, FollowPrimaryHandler.Transport());
        using var request = new HttpRequestMessage(new HttpMethod(method), "half");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("whole");
        server.Cut.ShouldBe(2);
    }

    [Fact]
    public async Task What_may_not_be_repeated_is_not_when_its_answer_breaks_off()
    {
        using var server = new CuttingServer();
        using var map = new MapStream(server.Url);
        await using var locator = new ServiceLocator([server.Url.ToString()], map);
        using var client = Client(locator, FollowPrimaryHandler.Transport(), addKeys: false);
        await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync("half", new StringContent("once")));
        server.Cut.ShouldBe(1);
    }

    [Fact]
    public async Task A_primary_that_hangs_in_the_middle_of_an_answer_is_left_when_it_is_none_any_more()
    {
        using var client = Client(_locator, _nodes);
        await TellAsync(1, "n1");
        var answer = client.GetStringAsync("keys/a");
        var hangs = new HangingContent { Headers = { ContentLength = 5 } };
        (await _nodes.NextAsync()).Answers(hangs);
        await hangs.IsRead.WaitAsync(TestContext.Current.CancellationToken);
        await TellAsync(2, "n2");
        (await _nodes.NextAsync()).Says("whole");
        (await answer).ShouldBe("whole");
    }

    [Theory]
    [InlineData(null, "text/plain")]
    [InlineData(2L << 20, "text/plain")]
    [InlineData(5L, "text/event-stream")]
    public async Task An_answer_that_is_streamed_or_long_is_given_as_it_comes(long? length, string type)
    {
        using var client = Client(_locator, _nodes);
        await TellAsync(1, "n1");
        var answer = client.GetAsync("keys/a", HttpCompletionOption.ResponseHeadersRead);
        var hangs = new HangingContent
        {
            Headers = { ContentLength = length, ContentType = new MediaTypeHeaderValue(type) },
        };
        (await _nodes.NextAsync()).Answers(hangs);
        using var given = await answer;
        hangs.IsRead.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_from_a_node_that_is_primary_no_more_and_says_nothing_breaks_off(bool isReading)
    {
        var clock = new FakeTimeProvider();
        using var client = Client(_locator, _nodes, clock: clock);
        await TellAsync(1, "n1");
        var answer = client.GetStreamAsync("events");
        var events = new Pipe();
        var asked = await _nodes.NextAsync();
        asked.Signs(new StreamContent(events.Reader.AsStream()), version: 1);
        await using var stream = await answer;
        await TellAsync(2, "n1"); // It is primary by a newer configuration, and the stream goes on.
        await events.Writer.WriteAsync("one"u8.ToArray());
        (await stream.ReadAsync(new byte[8])).ShouldBe(3);

        var reading = isReading ? stream.ReadAsync(new byte[8]).AsTask() : null;
        await TellAsync(3, "n2");
        await events.Writer.WriteAsync("last"u8.ToArray()); // What there is, is given.
        (await (reading ?? stream.ReadAsync(new byte[8]).AsTask())).ShouldBe(4);
        reading = stream.ReadAsync(new byte[8]).AsTask();
        while (!reading.IsCompleted)
        {
            clock.Advance(RequestPlan.StreamPatience);
            await Task.Yield();
        }

        var failure = await Should.ThrowAsync<IOException>(reading);
        failure.Message.ShouldStartWith("The answer was broken off: the primary of kv has moved.");
    }

    [Fact]
    public async Task A_stream_that_its_program_reads_and_writes_in_blocks_is_a_stream_too()
    {
        using var client = Client(_locator, _nodes);
        await TellAsync(1, "n1");
        var answer = client.GetAsync("socket", HttpCompletionOption.ResponseHeadersRead);
        (await _nodes.NextAsync()).Signs(new StreamContent(new MemoryStream([1, 2, 3])), version: 1);
        using var given = await answer;
        await using var stream = given.Content.ReadAsStream();
        stream.CanWrite.ShouldBeFalse();
        (stream.Read(new byte[8], 0, 8), stream.Read(new byte[8], 0, 8)).ShouldBe((3, 0));
    }

    [Fact]
    public async Task The_headers_of_an_answer_without_its_body_are_all_there_is()
    {
        using var client = Client(_locator, _nodes);
        await TellAsync(1, "n1");
        using var request = new HttpRequestMessage(HttpMethod.Head, "keys/a");
        var answer = client.SendAsync(request);
        var hangs = new HangingContent { Headers = { ContentLength = 5 } };
        (await _nodes.NextAsync()).Answers(hangs);
        using var given = await answer;
        given.Content.Headers.ContentLength.ShouldBe(5);
    }

    private static HttpClient Client(
        ServiceLocator locator, HttpMessageHandler transport, bool addKeys = true, TimeProvider? clock = null) =>
        new(new FollowPrimaryHandler(
            "kv", locator, new FollowPrimaryOptions { AddKeys = addKeys }, transport, clock ?? TimeProvider.System))
        {
            BaseAddress = new Uri("http://kv/"),
        };

    private async Task TellAsync(long version, string primary)
    {
        var changed = _locator.Changed;
        _nodes.Tell(RequestPlanTests.Map(version, primary));
        await changed.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A body of which nothing comes.</summary>
    private sealed class HangingContent : HttpContent
    {
        private readonly TaskCompletionSource _isRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Somebody has begun to wait for it.</summary>
        public Task IsRead => _isRead.Task;

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            _isRead.TrySetResult();
            return new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
