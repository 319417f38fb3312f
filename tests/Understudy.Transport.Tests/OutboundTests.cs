using System.Text;
using Understudy.Transport.Protocol;

namespace Understudy.Transport.Tests;

public class OutboundTests
{
    private const int MaxBytes = 100_000;

    private static readonly PeerIdentity _self = Samples.Identity("n1");
    private static readonly PeerIdentity _peer = Samples.Identity("n2");

    private readonly List<string> _faults = [];

    [Fact]
    public async Task What_may_be_late_and_does_not_fit_behind_what_may_not_waits_for_the_next_write()
    {
        using var stream = new GatedStream();
        var outbound = new Outbound(stream, MaxBytes, _faults.Add);
        stream.Wrote = writes =>
        {
            if (writes is not (1 or 3)) return;
            Add(outbound, new LateMessage($"late {writes}", new string('l', 50_000)));
            Add(outbound, new TextMessage(new string('p', 40_000)));
        };
        Add(outbound, new TextMessage("first"));
        var drained = outbound.DrainAsync();

        stream.Open();
        await drained;
        _faults.ShouldBeEmpty();
        stream.Writes.Select(text => text[^1]).ShouldBe(['t', 'p', 'l', 'p', 'l']);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    [InlineData(70_000)]
    public async Task What_waits_for_a_write_goes_out_after_it_in_order_and_in_pieces(int bytes)
    {
        const int Waiting = 50;
        using var stream = new GatedStream();
        var outbound = new Outbound(stream, 100 * bytes, _faults.Add);
        Add(outbound, new TextMessage("first"));
        var drained = outbound.DrainAsync();
        for (var i = 0; i < Waiting; i++) Add(outbound, new TextMessage(new string((char)('A' + i), bytes)));
        outbound.TryAdd(new TextMessage(new string('!', 50 * bytes)), new TextCodec(), 60 * bytes, _self, _peer)
            .ShouldNotBeNull();

        stream.Open();
        await drained;
        var sent = string.Concat(stream.Writes.Skip(1));
        var frame = sent.Length / Waiting;
        Enumerable.Range(0, Waiting).Select(i => sent[(((i + 1) * frame) - bytes)..((i + 1) * frame)])
            .ShouldBe(Enumerable.Range(0, Waiting).Select(i => new string((char)('A' + i), bytes)));
        stream.Writes.Max(text => text.Length).ShouldBeLessThan(Math.Max(64 * 1024, 2 * frame));
        _faults.ShouldBeEmpty();
    }

    /// <summary>Takes the first write until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _opened = new();

        public List<string> Writes { get; } = [];

        public Action<int> Wrote { get; set; } = _ => { };

        public void Open() => _opened.SetResult();

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes.Add(Encoding.Latin1.GetString(buffer.Span));
            Wrote(Writes.Count);
            await _opened.Task;
        }
    }

    private static void Add(Outbound outbound, TextMessage message) =>
        outbound.TryAdd(message, new TextCodec(), MaxBytes, _self, _peer).ShouldBeNull();
}
