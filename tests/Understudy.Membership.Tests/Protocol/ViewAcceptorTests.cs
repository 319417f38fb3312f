using CsCheck;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;

namespace Understudy.Membership.Tests.Protocol;

public sealed class ViewAcceptorTests
{
    private static readonly View First = Cast.View(3);

    private static readonly Ballot Low = new(1, Cast.Id(1));

    private static readonly Ballot High = new(2, Cast.Id(1));

    /// <summary>A promise (no view) or an acceptance of one of a few ballots; each ballot has its own view.</summary>
    private static readonly Gen<(Ballot Ballot, bool IsAccept)> Steps = Gen.Select(
        Gen.Int[1, 4], Gen.Int[1, 3], Gen.Bool, (round, node, isAccept) =>
            (new Ballot(round, Cast.Id(node)), isAccept));

    [Fact]
    public void A_blank_acceptor_has_promised_and_accepted_nothing()
    {
        var blank = ViewAcceptor.Blank();

        blank.HasAccepted.ShouldBeFalse();
        blank.Record.ShouldBe(new AcceptorRecord(new Epoch(1), null, null, null, 0));
    }

    [Fact]
    public void A_lower_or_equal_ballot_gets_no_second_promise()
    {
        var acceptor = ViewAcceptor.Blank();

        acceptor.TryPromise(High).ShouldBeTrue();
        acceptor.TryPromise(High).ShouldBeFalse();
        acceptor.TryPromise(Low).ShouldBeFalse();
        acceptor.Record.Promised.ShouldBe(High);
        acceptor.Record.WriteCounter.ShouldBe(1UL);
    }

    [Fact]
    public void The_promised_ballot_is_accepted_and_a_lower_one_is_not()
    {
        var acceptor = ViewAcceptor.Blank();
        acceptor.TryPromise(High);

        acceptor.TryAccept(Low, First).ShouldBeFalse();
        acceptor.HasAccepted.ShouldBeFalse();
        acceptor.TryAccept(High, First).ShouldBeTrue();
        acceptor.Record.AcceptedView.ShouldBe(First);
    }

    [Fact]
    public void Accepting_a_higher_ballot_is_a_promise_too()
    {
        var acceptor = ViewAcceptor.Blank();

        acceptor.TryAccept(High, First).ShouldBeTrue();
        acceptor.TryPromise(Low).ShouldBeFalse();
        acceptor.TryAccept(Low, First).ShouldBeFalse();
    }

    [Fact]
    public void A_ballot_carries_one_value()
    {
        var acceptor = ViewAcceptor.Blank();
        acceptor.TryAccept(Low, First);

        acceptor.TryAccept(Low, First).ShouldBeTrue();
        Should.Throw<InvariantViolationException>(() => acceptor.TryAccept(Low, Cast.View(5)));
    }

    [Fact]
    public void A_view_is_accepted_for_its_own_instance_only() =>
        Should.Throw<InvariantViolationException>(
            () => ViewAcceptor.Blank().TryAccept(Low, First with { Epoch = new Epoch(2) }));

    [Fact]
    public void Ballot_0_needs_no_promise() =>
        Should.Throw<InvariantViolationException>(() => ViewAcceptor.Blank().TryPromise(new Ballot(0, Cast.Id(3))));

    [Fact]
    public void Moving_to_the_next_instance_forgets_the_ballots_and_keeps_the_count()
    {
        var acceptor = ViewAcceptor.Blank();
        acceptor.TryPromise(High);
        acceptor.TryAccept(High, First);

        acceptor.MoveTo(new Epoch(2));

        acceptor.Record.ShouldBe(new AcceptorRecord(new Epoch(2), null, null, null, 2));
        acceptor.MoveTo(new Epoch(1));
        acceptor.Record.Instance.ShouldBe(new Epoch(2));
    }

    // The model: the highest ballot ever granted; a promise must exceed it, an acceptance may equal it.
    [Fact]
    public void Promises_never_decrease_whatever_is_asked() => Steps.List[0, 30].Sample(steps =>
    {
        var acceptor = ViewAcceptor.Blank();
        Ballot? granted = null;
        Ballot? accepted = null;
        var count = 0UL;
        foreach (var (ballot, isAccept) in steps)
        {
            var mayPass = granted is not { } bar || (isAccept ? ballot >= bar : ballot > bar);
            var passed = isAccept ? acceptor.TryAccept(ballot, ViewOf(ballot)) : acceptor.TryPromise(ballot);

            passed.ShouldBe(mayPass);
            if (passed) (granted, count) = (ballot, count + 1);
            if (passed && isAccept) accepted = ballot;
            acceptor.Record.ShouldBe(new AcceptorRecord(
                new Epoch(1), granted, accepted, accepted is { } a ? ViewOf(a) : null, count));
        }
    });

    private static View ViewOf(Ballot ballot) =>
        new(First.Cluster, First.Epoch, 0, First.Acceptors, First.Members, [], ballot.Proposer,
            VersionPolicy.Bytes(ballot.Round));
}
