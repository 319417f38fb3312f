using Understudy.Http.Protocol;
using Understudy.Kernel;

namespace Understudy.Tests.Http.Protocol;

public class GateRuleTests
{
    private static readonly TimeSpan _patience = GateRule.Patience;

    [Fact]
    public void Who_knows_no_more_than_the_node_is_admitted()
    {
        Judge(asked: null, known: 0).ShouldBe(GateVerdict.Admitted);
        Judge(asked: 3, known: 3).ShouldBe(GateVerdict.Admitted);
        Judge(asked: 2, known: 3).ShouldBe(GateVerdict.Admitted);
    }

    [Fact]
    public void Who_knows_more_waits_as_long_as_the_gate_has_patience()
    {
        Judge(asked: 4, known: 3).ShouldBe(GateVerdict.Waits);
        Judge(asked: 4, known: 3, waited: _patience - TimeSpan.FromTicks(1)).ShouldBe(GateVerdict.Waits);
        Judge(asked: 4, known: 3, waited: _patience).ShouldBe(GateVerdict.NotHeardOf);
        Judge(asked: 4, known: 4, waited: _patience).ShouldBe(GateVerdict.Admitted);
    }

    [Fact]
    public void Who_wants_the_primary_is_told_that_it_has_moved_once_the_node_knows_as_much()
    {
        Judge(asked: null, known: 3, isMisled: true).ShouldBe(GateVerdict.Moved);
        Judge(asked: 4, known: 3, isMisled: true).ShouldBe(GateVerdict.Waits);
        Judge(asked: 4, known: 4, isMisled: true).ShouldBe(GateVerdict.Moved);
    }

    private static GateVerdict Judge(long? asked, long known, bool isMisled = false, TimeSpan waited = default) =>
        GateRule.Of(
            asked is { } version ? new ConfigurationVersion(version) : null,
            new ConfigurationVersion(known),
            isMisled,
            waited);
}
