using System.IO.Pipelines;
using System.Text.Json;
using Understudy.Client;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

public class SentOnceTests
{
    /// <summary>Without content, .NET's own handler would send it again over a new connection.</summary>
    [Fact]
    public async Task A_change_without_a_key_and_without_a_body_is_not_sent_again_by_anybody()
    {
        using var server = new CuttingServer();
        using var map = new MapStream(server.Url);
        await using var locator = new ServiceLocator([server.Url.ToString()], map);
        await locator.FindPrimaryAsync("kv", TestContext.Current.CancellationToken);
        using var handler = new FollowPrimaryHandler(
            "kv",
            locator,
            new FollowPrimaryOptions { AddKeys = false },
            FollowPrimaryHandler.Transport(),
            TimeProvider.System);
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://kv/") };
        using (await client.PostAsync("first", null))
        {
            // Now there is a connection to be used again.
        }

        await Should.ThrowAsync<HttpRequestException>(client.PostAsync("cut", null));
        server.Cut.ShouldBe(1);
    }

    /// <summary>Tells of one service, at one place, and then nothing more.</summary>
    private sealed class MapStream(Uri url) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var map = new ServiceMapDocument
            {
                Id = "c.1.1",
                Node = "n1",
                Nodes = [new("n1", url.ToString())],
                Services =
                [
                    new ServiceMapEntry
                    {
                        Name = "kv",
                        Kind = "kv",
                        Version = 1,
                        Lineage = 1,
                        Primary = "n1",
                        Endpoints = [new("n1", "primary", $"{url}svc/kv")],
                    },
                ],
            };
            var json = JsonSerializer.SerializeToUtf8Bytes(map, ContractsJson.Default.ServiceMapDocument);
            var pipe = new Pipe(); // One that was read by two streams at a time would break both.
            await pipe.Writer.WriteAsync((byte[])[.. "data: "u8, .. json, .. "\n\n"u8], cancellationToken);
            return new HttpResponseMessage { Content = new StreamContent(pipe.Reader.AsStream()) };
        }
    }
}
