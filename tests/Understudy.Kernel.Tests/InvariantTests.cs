namespace Understudy.Kernel.Tests;

public class InvariantTests
{
    [Fact]
    public void What_holds_goes_on() => Should.NotThrow(() => Invariant.Holds(true, "OneView: fine"));

    [Fact]
    public void A_breach_says_which_promise_was_broken() =>
        Should.Throw<InvariantViolationException>(() => Invariant.Holds(1 > 2, "OneView: two views of one epoch"))
            .Message.ShouldBe("OneView: two views of one epoch");
}
