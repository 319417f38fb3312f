using System.Globalization;
using System.Text;
using Understudy.Kv;
using Understudy.Protocol;

namespace Understudy.Simulator;

/// <summary>Remembers what happened last, cheaply; says it in words only when asked.</summary>
internal sealed class Trace(TextWriter? live)
{
    private const int Capacity = 1024;
    private const int LinesShown = 60;

    private readonly Entry[] _ring = new Entry[Capacity];
    private long _count;

    private readonly record struct Entry(long At, string Who, object What);

    public void Add(long at, string who, object what)
    {
        if (what is NodeInput.Tick or NodeInput.BatchEnded) return;
        _ring[_count++ % Capacity] = new Entry(at, who, what);
        if (live is not null && !IsHeartbeat(what)) live.WriteLine(Format(new Entry(at, who, what)));
    }

    /// <summary>The last things that happened, oldest first; heartbeats are left out.</summary>
    public IReadOnlyList<string> Tail()
    {
        List<string> lines = [];
        for (var i = _count - 1; i >= 0 && i >= _count - Capacity && lines.Count < LinesShown; i--)
        {
            var entry = _ring[i % Capacity];
            if (!IsHeartbeat(entry.What)) lines.Add(Format(entry));
        }

        lines.Reverse();
        return lines;
    }

    private static bool IsHeartbeat(object what) => what switch
    {
        NodeInput.Received received => IsHeartbeat(received.Message),
        NodeEffect.Send send => IsHeartbeat(send.Message),
        Transport.Message message => message.GetType().Name.Contains("Heartbeat", StringComparison.Ordinal),
        _ => false,
    };

    private static string Words(NodeInput.Requested requested) =>
        KvCodec.TryDecode(requested.Body, out KvRequest? request, out var reason) ? $"{request}" : reason;

    private static string Words(Reply reply)
    {
        var body = reply.Outcome == ReplyOutcome.Answered && KvCodec.TryDecode(reply.Body, out KvAnswer? answer, out _)
            ? $"{answer}"
            : Encoding.UTF8.GetString(reply.Body.Span);
        return $"{reply.Outcome} by {reply.Node} in version {reply.Version}: {body}";
    }

    private static string Format(Entry entry)
    {
        var seconds = entry.At / (double)TimeSpan.TicksPerSecond;
        var what = entry.What switch
        {
            NodeInput.Received received => $"<- {received.From} {received.Message}",
            NodeEffect.Send send => $"-> {send.To} {send.Message}",
            NodeEffect.Report report => $"** {report.Event}",
            NodeInput.Requested asked => $"request {asked.Number} {asked.IdempotencyKey} {Words(asked)}",
            NodeEffect.Answer answer => $"answer {answer.Number} {Words(answer.Reply)}",
            NodeEffect.Write write => $"write {write.File} {write.Ticket}: {string.Join(", ", write.Writes)}",
            _ => entry.What.ToString() ?? "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{seconds,11:0.000000} {entry.Who,-8} {what}");
    }
}
