using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Understudy.Client;

namespace Understudy.Tests.Client;

/// <summary>A node that takes connections and says nothing more: it hangs, or what it sends is lost.</summary>
public sealed class SilentStreamTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silent_stream_is_cancelled_and_not_left_open(bool isAnswered)
    {
        var clock = new FakeTimeProvider();
        using var node = new SilentNode(isAnswered);
        await using var locator = new ServiceLocator(["http://n1:1"], node, clock);
        var first = await node.NextAsync();
        clock.Advance(TimeSpan.FromSeconds(14.9));
        first.IsCompleted.ShouldBeFalse("a node says something every 5 s, and may be late");
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await first.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Gives of each request a task that completes when it is ended by the client.</summary>
    private sealed class SilentNode(bool isAnswered) : HttpMessageHandler
    {
        private readonly Channel<Task> _asked = Channel.CreateUnbounded<Task>();

        public async Task<Task> NextAsync() =>
            await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(_patience);

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var stream = new SilentStream();
            if (isAnswered)
            {
                _ = TellWhenReadAsync(stream);
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stream) };
            }

            await using var ended = cancellationToken.Register(stream.Dispose);
            _asked.Writer.TryWrite(stream.Ended);
            await stream.Ended;
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException("Unreachable: nothing else ends it.");
        }

        private async Task TellWhenReadAsync(SilentStream stream)
        {
            await stream.IsRead;
            _asked.Writer.TryWrite(stream.Ended);
        }
    }

    /// <summary>Nothing comes on it.</summary>
    private sealed class SilentStream : Stream
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsRead => _read.Task;

        public Task Ended => _ended.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _read.TrySetResult();
            await _ended.Task.WaitAsync(cancellationToken);
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            _ended.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
