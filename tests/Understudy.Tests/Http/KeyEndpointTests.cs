using System.Net;
using System.Text;
using Understudy.Kernel;
using Understudy.Kv;
using Understudy.Protocol;

namespace Understudy.Tests.Http;

public sealed class KeyEndpointTests : IAsyncLifetime
{
    private HttpFixture _http = null!;

    public async ValueTask InitializeAsync() => _http = await HttpFixture.StartAsync();

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    [Fact]
    public async Task A_value_is_put_read_and_deleted()
    {
        using var put = await SendAsync(HttpMethod.Put, "k", "hello");
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var get = await SendAsync(HttpMethod.Get, "k");
        (await get.Content.ReadAsStringAsync()).ShouldBe("hello");
        get.Headers.ETag.ShouldBe(put.Headers.ETag);
        using var delete = await SendAsync(HttpMethod.Delete, "k");
        delete.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await SendAsync(HttpMethod.Get, "k");
        await ShouldBeProblemAsync(gone, HttpStatusCode.NotFound, "There is no key \"k\".");
    }

    [Fact]
    public async Task Every_answer_names_the_node_and_the_version_that_answered()
    {
        using var answered = await SendAsync(HttpMethod.Get, "k");
        Header(answered, "Understudy-Node").ShouldBe("n2");
        Header(answered, "Understudy-Version").ShouldBe("7");
        using var refused = await SendAsync(HttpMethod.Put, "%FF", "x");
        Header(refused, "Understudy-Node").ShouldBe("n1");
        Header(refused, "Understudy-Version").ShouldBe("3");
    }

    [Fact]
    public async Task An_increment_answers_the_new_value()
    {
        using var first = await SendAsync(HttpMethod.Post, "n/increment");
        (await first.Content.ReadAsStringAsync()).ShouldBe("1");
        using var second = await SendAsync(HttpMethod.Post, "n/increment");
        (await second.Content.ReadAsStringAsync()).ShouldBe("2");
        await SendAsync(HttpMethod.Put, "n", "two");
        using var refused = await SendAsync(HttpMethod.Post, "n/increment");
        await ShouldBeProblemAsync(refused, HttpStatusCode.BadRequest, "cannot be incremented");
    }

    [Fact]
    public async Task A_key_may_contain_anything_that_is_encoded()
    {
        await SendAsync(HttpMethod.Put, "a%2Fb%20%C3%A9%25", "odd");
        using var get = await SendAsync(HttpMethod.Get, "a%2fb%20%c3%a9%25");
        (await get.Content.ReadAsStringAsync()).ShouldBe("odd");
        using var split = await SendAsync(HttpMethod.Get, "a/b");
        await ShouldBeProblemAsync(split, HttpStatusCode.NotFound, "%2F");
    }

    [Theory]
    [InlineData("%FF")]
    [InlineData("a%C3")]
    [InlineData("")]
    public async Task A_key_that_is_no_text_is_refused(string key)
    {
        using var put = await SendAsync(HttpMethod.Put, key, "x");
        await ShouldBeProblemAsync(put, HttpStatusCode.BadRequest, "key");
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        using var put = await SendAsync(HttpMethod.Put, new string('k', KvLimits.KeyBytes + 1), "x");
        await ShouldBeProblemAsync(put, HttpStatusCode.BadRequest, "1025 bytes");
    }

    [Fact]
    public async Task Compare_and_set_changes_only_the_version_it_names()
    {
        using var created = await SendAsync(HttpMethod.Put, "k", "1", ("If-None-Match", "*"));
        var tag = created.Headers.ETag!.Tag;
        using var again = await SendAsync(HttpMethod.Put, "k", "2", ("If-None-Match", "*"));
        await ShouldBeProblemAsync(again, HttpStatusCode.PreconditionFailed, "has version");
        again.Headers.ETag!.Tag.ShouldBe(tag);
        using var changed = await SendAsync(HttpMethod.Put, "k", "2", ("If-Match", tag));
        changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var stale = await SendAsync(HttpMethod.Put, "k", "3", ("If-Match", tag));
        stale.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        using var weak = await SendAsync(HttpMethod.Delete, "k", null, ("If-Match", "W/" + changed.Headers.ETag!.Tag));
        weak.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        using var any = await SendAsync(HttpMethod.Delete, "k", null, ("If-Match", "*"));
        any.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("If-Match", "7")]
    [InlineData("If-Match", "\"7\", \"8\"")]
    [InlineData("If-None-Match", "\"7\"")]
    [InlineData("Idempotency-Key", "")]
    public async Task A_header_that_is_not_understood_is_refused_and_changes_nothing(string name, string value)
    {
        using var put = await SendAsync(HttpMethod.Put, "k", "1", (name, value));
        await ShouldBeProblemAsync(put, HttpStatusCode.BadRequest, name);
        using var get = await SendAsync(HttpMethod.Get, "k");
        get.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_read_of_the_version_that_the_client_has_sends_no_body()
    {
        using var put = await SendAsync(HttpMethod.Put, "k", "1");
        using var get = await SendAsync(HttpMethod.Get, "k", null, ("If-None-Match", put.Headers.ETag!.Tag));
        get.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData(KvLimits.ValueBytes, false, HttpStatusCode.NoContent)]
    [InlineData(KvLimits.ValueBytes + 1, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(KvLimits.ValueBytes, true, HttpStatusCode.NoContent)]
    [InlineData(KvLimits.ValueBytes + 1, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_may_have_one_megabyte(int length, bool chunked, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/svc/kv/keys/big");
        request.Content = new ByteArrayContent(new byte[length]);
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var put = await _http.Client.SendAsync(request);
        put.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task The_idempotency_key_goes_with_a_change_and_not_with_a_read()
    {
        await SendAsync(HttpMethod.Put, "k", "1", ("Idempotency-Key", "abc"));
        _http.Last.ShouldBe((false, "abc"));
        await SendAsync(HttpMethod.Get, "k", null, ("Idempotency-Key", "abc"));
        _http.Last.ShouldBe((true, null));
    }

    [Theory]
    [InlineData(ReplyOutcome.Unavailable, HttpStatusCode.ServiceUnavailable)]
    [InlineData(ReplyOutcome.UnknownService, HttpStatusCode.NotFound)]
    [InlineData(ReplyOutcome.Unknown, HttpStatusCode.BadGateway)]
    public async Task A_refusal_says_why(ReplyOutcome outcome, HttpStatusCode status)
    {
        _http.Refusal = new Reply(outcome, Encoding.UTF8.GetBytes("because"), ConfigurationVersion.None, null);
        using var put = await SendAsync(HttpMethod.Put, "k", "1");
        await ShouldBeProblemAsync(put, status, "because");
        (put.Headers.RetryAfter is not null).ShouldBe(outcome == ReplyOutcome.Unavailable);
    }

    [Fact]
    public async Task A_reused_idempotency_key_is_refused_in_words()
    {
        _http.Refusal = new Reply(ReplyOutcome.KeyReused, default, new ConfigurationVersion(7), new NodeId("n2"));
        using var put = await SendAsync(HttpMethod.Put, "k", "1", ("Idempotency-Key", "abc"));
        await ShouldBeProblemAsync(
            put,
            HttpStatusCode.UnprocessableEntity,
            "This Idempotency-Key was used with another request. Use a new key for a new request.");
    }

    [Fact]
    public async Task A_wrong_method_names_the_right_ones()
    {
        using var patch = await SendAsync(HttpMethod.Patch, "k");
        patch.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        patch.Content.Headers.Allow.ShouldContain("PUT");
        using var get = await SendAsync(HttpMethod.Get, "k/increment");
        get.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string key, string? body = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method, $"/svc/kv/keys/{key}");
        if (body is not null) request.Content = new StringContent(body);
        if (header is { } one) request.Headers.TryAddWithoutValidation(one.Name, one.Value);
        return await _http.Client.SendAsync(request);
    }

    private static async Task ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string detail)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var json = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        json.RootElement.GetProperty("detail").GetString()!.ShouldContain(detail);
        json.RootElement.GetProperty("status").GetInt32().ShouldBe((int)status);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.GetValues(name).Single();
}
