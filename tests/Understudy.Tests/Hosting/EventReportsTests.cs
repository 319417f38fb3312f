using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

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
    public void A_planned_change_has_an_id_of_its_own_in_all_its_lines()
    {
        var kv = new ServiceName("kv");
        var n3 = new MemberId(new NodeId("n3"), new Incarnation(1, 4));
        var first = new Replication.Configuration(
            kv,
            new ConfigurationVersion(4),
            new Lineage(1),
            _n2,
            [new Provider(_n2, new DiskId(2)), new Provider(n3, new DiskId(3))],
            new Epoch(11));
        _reports.Report(new NodeEvent.Configured(first));
        var moved = first with { Version = new ConfigurationVersion(5), Primary = n3, IsPlanned = true };
        _reports.Report(new NodeEvent.Configured(moved));
        _reports.Report(new NodeEvent.PrimaryDeposed(kv, first.Version));
        _reports.Report(new NodeEvent.PrimaryActivated(kv, moved.Version, moved.Lineage, moved.Cause));
        _timeline.ToDocument().Events.Select(entry => entry.Failover).ShouldBe(["e11", "e11.v5", "e11.v5", "e11.v5"]);
    }

    [Fact]
    public void Leaving_in_order_is_no_warning()
    {
        _reports.Report(new NodeEvent.Accused(_n2, "Left", new Epoch(16), HasLeft: true));
        _reports.Report(new NodeEvent.Evicted(new Epoch(17), HasLeft: true));
        _log.Lines.ShouldBe(["failover=e17 n2#3 has left", "failover=e17 this node has left: view 17 is without it"]);
        _log.Levels.ShouldAllBe(level => level == LogLevel.Information);
    }

    [Fact]
    public void A_primary_that_stays_is_logged_once()
    {
        var (kv, lineage) = (new ServiceName("kv"), new Lineage(1));
        foreach (var version in new long[] { 6, 7, 8 })
            _reports.Report(new NodeEvent.PrimaryActivated(kv, new(version), lineage, new Epoch(3)));
        _reports.Report(new NodeEvent.PrimaryDeposed(kv, new(8)));
        _reports.Report(new NodeEvent.PrimaryActivated(kv, new(10), lineage, new Epoch(4)));
        _log.Lines.Where(line => line.Contains("primary of kv, version")).ShouldBe(
        [
            "failover=e3 primary of kv, version 6, lineage 1", "failover=e4 primary of kv, version 10, lineage 1",
        ]);
        _timeline.ToDocument().Events.Count.ShouldBe(5);
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

        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            Levels.Add(logLevel);
        }
    }
}
