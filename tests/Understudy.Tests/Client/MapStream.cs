using System.IO.Pipelines;
using System.Text.Json;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

/// <summary>Tells of one service, at one place, and then nothing more.</summary>
internal sealed class MapStream(Uri url) : HttpMessageHandler
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
        var stream = new Pipe(); // Another one for who asks again.
        await stream.Writer.WriteAsync((byte[])[.. "data: "u8, .. json, .. "\n\n"u8], cancellationToken);
        return new HttpResponseMessage { Content = new StreamContent(stream.Reader.AsStream()) };
    }
}
