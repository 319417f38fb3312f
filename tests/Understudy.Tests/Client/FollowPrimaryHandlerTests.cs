using System.Net;
using System.Net.Sockets;
using Understudy.Client;

namespace Understudy.Tests.Client;

public sealed class FollowPrimaryHandlerTests
{
    [Fact]
    public async Task A_connection_that_is_reset_as_it_is_made_was_not_used()
    {
        List<string> asked = [];
        using var client = Follow((request, _) =>
        {
            asked.Add(request.RequestUri!.Authority);
            return asked.Count == 1
                ? throw new SocketException((int)SocketError.NotConnected)
                : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        });

        using var response = await client.PostAsync("notes", new StringContent("x"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        asked.ShouldBe(["n1", "n2"]);
    }

    /// <summary>A client of two nodes that know of no map, and no keys: only what was not sent is sent again.</summary>
    private static HttpClient Follow(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send)
    {
        var deaf = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound)));
        var locator = new ServiceLocator(["http://n1:80", "http://n2:80"], deaf);
        var options = new FollowPrimaryOptions { AddKeys = false };
        var handler = new FollowPrimaryHandler(
            "ledger", locator, options, new Scripted(send), TimeProvider.System);
        return new HttpClient(handler) { BaseAddress = new Uri("http://ledger/") };
    }

    private sealed class Scripted(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send)
        : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) => send(request, cancellationToken);
    }
}
