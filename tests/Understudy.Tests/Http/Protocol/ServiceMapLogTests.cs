using CsCheck;
using Understudy.Http.Protocol;
using Understudy.Kernel;
using Understudy.Replication;
using static Understudy.Tests.Http.ServiceMapSamples;

namespace Understudy.Tests.Http.Protocol;

public class ServiceMapLogTests
{
    private static readonly ServiceMapPosition _first = new(Cluster, 1, 1);

    [Fact]
    public void Who_has_seen_nothing_is_given_the_whole_map()
    {
        var log = new ServiceMapLog();
        log.Since(null).ShouldBeNull();
        log.Take(Cluster, Map(1, ("a", 1, "n1"), ("b", 1, "n2"))).ShouldBeTrue();
        var told = log.Since(null)!;
        told.IsWhole.ShouldBeTrue();
        Names(told).ShouldBe("a b");
        log.Since(told.At).ShouldBeNull();
    }

    [Fact]
    public void Who_has_seen_something_is_told_what_changed_since_then()
    {
        var log = new ServiceMapLog();
        log.Take(Cluster, Map(1, ("a", 1, "n1"), ("b", 1, "n2"), ("c", 1, "n2")));
        log.Take(Cluster, Map(2, ("a", 2, "n2"), ("b", 1, "n2"), ("c", 1, "n2")));
        log.Take(Cluster, Map(4, ("a", 2, "n2"), ("b", 1, "n2"), ("d", 1, "n1")));

        var all = log.Since(_first)!;
        (all.IsWhole, Names(all), string.Join(' ', all.Removed)).ShouldBe((false, "a d", "c"));
        // Another node may have been at 3, where this one never was.
        var later = log.Since(new ServiceMapPosition(Cluster, 1, 3))!;
        (later.IsWhole, Names(later), string.Join(' ', later.Removed)).ShouldBe((false, "d", "c"));
    }

    [Fact]
    public void A_freeze_is_a_change_though_it_has_no_version()
    {
        var log = new ServiceMapLog();
        log.Take(Cluster, Map(1, ("a", 1, "n1")));
        log.Take(Cluster, Map(2) with { Services = [Entry("a", 1, "n1") with { IsFrozen = true }] });
        log.Since(_first)!.Services.Single().IsFrozen.ShouldBeTrue();
    }

    [Fact]
    public void Who_has_seen_what_is_forgotten_or_of_another_cluster_is_given_the_whole_map()
    {
        var log = new ServiceMapLog(mostChanges: 2);
        for (var sequence = 1; sequence <= 5; sequence++) log.Take(Cluster, Map(sequence, ("a", sequence, "n1")));
        log.Since(new ServiceMapPosition(Cluster, 1, 3))!.IsWhole.ShouldBeFalse();
        log.Since(new ServiceMapPosition(Cluster, 1, 2))!.IsWhole.ShouldBeTrue();
        log.Since(new ServiceMapPosition(new ClusterId(8), 1, 5))!.IsWhole.ShouldBeTrue();
    }

    [Fact]
    public void Who_has_seen_more_than_this_node_is_told_nothing_old()
    {
        var log = new ServiceMapLog();
        log.Take(Cluster, Map(1, ("a", 1, "n1")));
        var ahead = new ServiceMapPosition(Cluster, 1, 3);
        log.Since(ahead).ShouldBeNull();
        log.Take(Cluster, Map(2, ("a", 2, "n1")));
        log.Since(ahead).ShouldBeNull();
        log.Take(Cluster, Map(4, ("a", 3, "n2")));
        log.Since(ahead)!.Services.Single().Configuration.Version.Value.ShouldBe(3);
    }

    [Fact]
    public void A_node_that_begins_anew_goes_on_telling_what_it_knew()
    {
        var log = new ServiceMapLog();
        log.Take(Cluster, Map(5, ("a", 1, "n1")));
        log.Take(Cluster, ServiceMap.Empty).ShouldBeFalse();
        log.Take(Cluster, Map(4, ("a", 7, "n1"))).ShouldBeFalse();
        log.Map.Sequence.ShouldBe(5);
    }

    /// <summary>Whatever a reader misses, and whichever nodes it asks, it ends with the map that there is.</summary>
    [Fact]
    public void A_reader_that_goes_from_node_to_node_ends_with_the_latest_map() => Gen.Select(
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 9]).Array[1, 30], Gen.Int[0, 1].Array[60]).Sample((steps, choices) =>
    {
        ServiceMapLog[] nodes = [new(mostChanges: 4), new(mostChanges: 4)];
        var versions = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var reader = new SortedDictionary<string, long>(StringComparer.Ordinal);
        ServiceMapPosition? seen = null;
        var map = ServiceMap.Empty;
        foreach (var (number, (service, version)) in steps.Index())
        {
            var name = "abc"[service].ToString();
            if (!versions.Remove(name)) versions[name] = number + version;
            map = Map(number + 1, [.. versions.Select(v => (v.Key, v.Value, (string?)"n1"))]);
            if (choices[2 * number] == 0) nodes[0].Take(Cluster, map);
            Read(nodes[choices[2 * number + 1]]);
        }

        nodes[1].Take(Cluster, map);
        Read(nodes[1]);
        reader.ShouldBe(versions);

        void Read(ServiceMapLog node)
        {
            if (node.Since(seen) is not { } told) return;
            seen = told.At;
            if (told.IsWhole) reader.Clear();
            foreach (var entry in told.Services)
                reader[entry.Definition.Name.Value] = entry.Configuration.Version.Value;
            foreach (var removed in told.Removed) reader.Remove(removed.Value);
        }
    });

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("00000000000000000000000000000007.1")]
    [InlineData("00000000000000000000000000000007.1.-2")]
    [InlineData("00000000000000000000000000000007.1.2.3")]
    public void What_is_no_position_is_refused(string text) =>
        ServiceMapPosition.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_position_is_read_as_it_is_written()
    {
        var position = new ServiceMapPosition(new ClusterId(UInt128.MaxValue), 12, 345);
        ServiceMapPosition.TryParse(position.ToString(), out var read).ShouldBeTrue();
        read.ShouldBe(position);
    }

    private static string Names(ServiceMapChange change) =>
        string.Join(' ', change.Services.Select(entry => entry.Definition.Name));
}
