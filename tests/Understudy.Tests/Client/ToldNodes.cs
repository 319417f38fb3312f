using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Understudy.Contracts;

namespace Understudy.Tests.Client;

/// <summary>Nodes that say what a test tells them to, and answer when it does.</summary>
internal sealed class ToldNodes : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly List<Pipe> _streams = [];
    private readonly List<ServiceMapDocument> _told = [];
    private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();
    private readonly ConcurrentQueue<string> _probed = new();

    /// <summary>The hosts that were asked whether they live, in order.</summary>
    public IReadOnlyCollection<string> Probed => _probed;

    /// <summary>Says it on every stream.</summary>
    public void Tell(ServiceMapDocument map)
    {
        lock (_gate)
        {
            _told.Add(map);
            foreach (var stream in _streams) Write(stream, map);
        }
    }

    /// <summary>The next request for a service.</summary>
    public async Task<Asked> NextAsync() => await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        if (address.AbsolutePath == ServiceMapDocument.StreamPath) return Stream();
        if (address.AbsolutePath == "/livez")
        {
            _probed.Enqueue(address.Host);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        var asked = new Asked(address.Host);
        _asked.Writer.TryWrite(asked);
        return await asked.Answer.Task.WaitAsync(cancellationToken);
    }

    private HttpResponseMessage Stream()
    {
        var stream = new Pipe();
        lock (_gate)
        {
            _streams.Add(stream);
            foreach (var map in _told) Write(stream, map);
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stream.Reader.AsStream()) };
    }

    private static void Write(Pipe stream, ServiceMapDocument map)
    {
        using var writer = new StreamWriter(stream.Writer.AsStream(leaveOpen: true));
        writer.Write($"data: {JsonSerializer.Serialize(map, ContractsJson.Default.ServiceMapDocument)}\n\n");
    }

    /// <summary>A request that a node has and has not answered.</summary>
    internal sealed record Asked(string Host)
    {
        public TaskCompletionSource<HttpResponseMessage> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Says(string text) => Answers(new StringContent(text));

        /// <summary>Answers as the node of a primary does.</summary>
        public void Signs(HttpContent content, long version) => Answer.SetResult(
            new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = content,
                Headers = { { "Understudy-Node", Host }, { "Understudy-Version", $"{version}" } },
            });

        public void Answers(HttpContent content) =>
            Answer.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
    }
}
