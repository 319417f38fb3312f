using System.Net;
using System.Net.Http.Json;
using System.Text;
using Understudy.Contracts;
using Understudy.Protocol;

namespace Understudy.Tests.Http;

/// <summary>What clients are told of a change that its gateway cannot know the outcome of.</summary>
public sealed class UnknownOutcomeTests : IAsyncLifetime
{
    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() => _http = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task It_is_answered_502_or_UNKNOWN_and_nobody_is_told_to_try_again(bool isKv, bool isGrpc)
    {
        const string Why = "Whether the change was made is not known.";
        _http.HasKeysOfAll = isKv;
        _http.Refusal = new Reply(ReplyOutcome.Unknown, Encoding.UTF8.GetBytes(Why), new(7), null);
        using var body = new ByteArrayContent([1]);
        if (isGrpc) body.Headers.ContentType = new("application/grpc");
        using var answer = await _http.Client.PutAsync("/svc/kv/keys/a", body);
        answer.Headers.RetryAfter.ShouldBeNull();
        if (isGrpc)
        {
            answer.Headers.GetValues("grpc-status").ShouldBe(["2"], "it is UNKNOWN, and not UNAVAILABLE");
            answer.Headers.GetValues("grpc-message").ShouldBe([Why]);
            return;
        }

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        var problem = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.ProblemDocument);
        (problem!.Status, problem.Detail).ShouldBe((502, Why));
    }
}
