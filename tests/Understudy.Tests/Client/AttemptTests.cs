using Understudy.Client.Protocol;

namespace Understudy.Tests.Client;

public class AttemptTests
{
    [Theory]
    [InlineData(200, true, false, false, AttemptEnd.Answered)]
    [InlineData(500, true, false, false, AttemptEnd.Answered)]
    [InlineData(307, true, true, false, AttemptEnd.Moved)]
    [InlineData(503, true, true, true, AttemptEnd.Moved)]
    [InlineData(503, true, false, true, AttemptEnd.Unavailable)]
    [InlineData(503, true, false, false, AttemptEnd.Answered)] // The service's own.
    [InlineData(502, true, false, false, AttemptEnd.Unknown)]
    [InlineData(503, false, false, true, AttemptEnd.Answered)] // No node of a cluster.
    internal void A_response_says_how_its_attempt_ended(
        int status, bool isOfNode, bool saysMoved, bool saysWhenToRetry, AttemptEnd expected) =>
        new ResponseSigns(status, isOfNode, saysMoved, saysWhenToRetry).End.ShouldBe(expected);

    [Theory]
    [InlineData(true, false, true, true, Repetition.AsItIs)]
    [InlineData(false, true, true, false, Repetition.AsItIs)]
    [InlineData(false, false, true, true, Repetition.WithNewKey)]
    [InlineData(false, false, true, false, Repetition.Never)]
    [InlineData(true, true, false, true, Repetition.Never)]
    internal void A_request_may_be_repeated_if_it_is_safe_or_has_a_key_and_is_kept(
        bool isSafe, bool hasKey, bool canBeKept, bool addsKeys, Repetition expected) =>
        Repetitions.Of(isSafe, hasKey, canBeKept, addsKeys).ShouldBe(expected);
}
