using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Tests.Hosting;

public class EventReportsTests
{
    private static readonly MemberId _n2 = new(new NodeId("n2"), new Incarnation(3, 9));

    private readonly Timeline _timeline = new(new NodeId("n1"));
    private readonly LineLogger _log = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.MinValue.AddDays(1));
    private readonly EventReports _reports;

    public EventReportsTests() => _reports = new EventReports(_timeline, _log, _clock);

    [Fact]
    public void Every_line_of_a_failover_begins_with_its_id()
    {
        var (kv, version, lineage) = (new ServiceName("kv"), new ConfigurationVersion(4), new Lineage(1));
        _reports.Report(new NodeEvent.Accused(_n2, "broken channel", new Epoch(16)));
        _reports.Report(new NodeEvent.ViewProposed(new Epoch(17), "without n2"));
        _reports.Report(new NodeEvent.PrimaryActivated(kv, version, lineage, new Epoch(17)));
        _reports.Report(new NodeEvent.JoiningMarked(kv, version, _n2));
        _log.Lines.ShouldBe(
        [
            "failover=e17 n2#3 is accused: broken channel",
            "failover=e17 view 17 proposed: without n2",
            "failover=e17 primary of kv, version 4, lineage 1",
            "failover=e0 kv: n2#3 is caught up and joins, commits wait for it now",
        ]);
        _timeline.ToDocument().Events.SkipLast(1).ShouldAllBe(entry => entry.Failover == "e17");
    }

    [Fact]
    public void The_timeline_keeps_the_last_events_in_nanoseconds()
    {
        for (var i = 0; i < Timeline.Capacity + 1; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            _reports.Report(new NodeEvent.Noted($"{i}"));
        }

        var events = _timeline.ToDocument().Events;
        events.Count.ShouldBe(Timeline.Capacity);
        events[0].Text.ShouldBe("1");
        (events[1].MonotonicNanoseconds - events[0].MonotonicNanoseconds).ShouldBe(1_000_000);
        events[0].Kind.ShouldBe(TimelineKinds.Noted);
    }

    private sealed class LineLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
