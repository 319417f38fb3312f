using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>The RM's primary on n1 decides who runs a worker; n2 runs it, as n1 runs something else.</summary>
public sealed class ExclusiveServiceTests
{
    private static readonly ServiceDefinition Busy = new(new ServiceName("busy"), "kv", 0, 0, true);

    private static readonly ServiceDefinition Worker =
        new(new ServiceName("nightly"), "nightly", 0, 0, false) { IsExclusive = true };

    private readonly Registry _registry = new();
    private readonly Replica _replica;
    private readonly Dictionary<MemberId, FenceState> _fences = [];
    private ReplicaManager _manager;

    public ExclusiveServiceTests()
    {
        _replica = new Replica(
            Registry.Name, Id(1), isDurable: false, new OnceOnlyState(_registry), null, Profile.Lan, Mutation.None);
        _replica.Begin(TimeSpan.Zero, []);
        _replica.Lead(Version(1), Providers(1, 2));
        _manager = MakeManager();
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(View(1, 2, 3), TimeSpan.Zero);
        Present.Primary.ShouldBe(Id(2));
        _registry.Find(Busy.Name)!.Configuration.Primary.ShouldBe(Id(3));
    }

    private ServiceEntry Entry => _registry.Find(Worker.Name)!;

    private Configuration Present => Entry.Configuration;

    [Fact]
    public void When_its_holder_is_gone_nobody_runs_it_until_the_fence_has_passed()
    {
        var before = Present.Version;
        _fences[Id(2)] = FenceState.Running;
        _manager.Reconcile(View(1, 3), TimeSpan.Zero);

        Entry.IsVacant.ShouldBeTrue();
        Entry.Holder.ShouldBe(Id(2));
        Present.Version.ShouldBe(before.Next);
        _manager.Tick(View(1, 3), Profile.Lan.Grant * 10);
        Entry.IsVacant.ShouldBeTrue("the fence runs, however long that is");

        _fences[Id(2)] = FenceState.Passed;
        _manager.Tick(View(1, 3), Profile.Lan.Grant * 10);
        Present.Primary.ShouldBe(Id(1));
        Present.InSync.ShouldBe(Providers(1));
        Present.Version.ShouldBe(before.Next.Next);
    }

    [Fact]
    public void Who_left_in_order_is_succeeded_at_once()
    {
        _fences[Id(2)] = FenceState.Passed;
        _manager.Reconcile(View(1, 3), TimeSpan.Zero);

        Present.Primary.ShouldBe(Id(1));
    }

    [Fact]
    public void An_RM_that_did_not_see_the_holder_leave_waits_for_a_whole_grant_from_when_it_looked()
    {
        var at = TimeSpan.FromMinutes(1);
        _manager.Reconcile(View(1, 3), at);
        _manager.Tick(View(1, 3), at + Profile.Lan.Grant - TimeSpan.FromTicks(1));
        Entry.IsVacant.ShouldBeTrue();

        _manager.Tick(View(1, 3), at + Profile.Lan.Grant);
        Present.Primary.ShouldBe(Id(1));
    }

    [Fact]
    public void A_newer_incarnation_of_the_holder_s_node_is_another_holder()
    {
        var view = View(Member(1), Member(2, counter: 2), Member(3));
        _fences[Id(2)] = FenceState.Running;
        _manager.Reconcile(view, TimeSpan.Zero);

        Entry.IsVacant.ShouldBeTrue();
        Entry.Holder.ShouldBe(Id(2));
    }

    [Fact]
    public void A_switchover_stops_it_first_and_the_next_one_runs_it_when_it_has_ended()
    {
        Give(new OperatorCommand.Switchover(Worker.Name, Node(3))).ShouldStartWith("nightly is stopped on n2");

        Entry.IsVacant.ShouldBeTrue();
        _manager.Tick(View(1, 2, 3), Profile.Lan.Grant * 10);
        Entry.IsVacant.ShouldBeTrue("its holder is a member, and has not said that it ended");

        Vacated(2, Present.Version);
        Present.Primary.ShouldBe(Id(3));
    }

    [Fact]
    public void What_an_older_version_or_another_node_says_does_not_count()
    {
        Give(new OperatorCommand.Switchover(Worker.Name, Node(3)));
        var vacant = Present.Version;

        Vacated(2, new ConfigurationVersion(vacant.Value - 1));
        Vacated(2, vacant.Next);
        Vacated(3, vacant);
        _manager.OnVacated(
            Id(2, counter: 2), new ReplicationMessage.Vacated(Worker.Name, vacant), View(1, 2, 3), TimeSpan.Zero);

        Entry.IsVacant.ShouldBeTrue();
    }

    [Fact]
    public void A_switchover_that_is_aborted_gives_it_back_to_its_holder_without_waiting()
    {
        Give(new OperatorCommand.Switchover(Worker.Name, Node(3)));
        var vacant = Present.Version;
        Give(new OperatorCommand.Abort(Worker.Name));

        Present.Primary.ShouldBe(Id(2));
        Present.Version.ShouldBe(vacant.Next);
        Vacated(2, vacant);
        Present.Primary.ShouldBe(Id(2), "what it said of the vacant version is void in this one");
    }

    [Fact]
    public void An_ended_word_of_an_earlier_vacancy_does_not_count_in_the_next()
    {
        Give(new OperatorCommand.Switchover(Worker.Name, Node(3)));
        Vacated(2, Present.Version);
        Give(new OperatorCommand.Switchover(Worker.Name, Node(2)));

        Entry.IsVacant.ShouldBeTrue();
        Entry.Holder.ShouldBe(Id(3));
    }

    [Fact]
    public void The_next_RM_asks_anew()
    {
        Give(new OperatorCommand.Switchover(Worker.Name, Node(3)));
        _manager.Depose();
        _manager = MakeManager();
        _manager.Activate(Version(2), TimeSpan.Zero);
        _manager.Reconcile(View(1, 2, 3), TimeSpan.Zero);
        Entry.IsVacant.ShouldBeTrue();

        Vacated(2, Present.Version);
        Present.Primary.ShouldBe(Id(3));
    }

    [Fact]
    public void A_node_that_leaves_or_is_drained_is_asked_to_stop_it()
    {
        _manager.OnHandOverWanted(Id(2), View(1, 2, 3), TimeSpan.Zero);
        Entry.IsVacant.ShouldBeTrue();
        Vacated(2, Present.Version);
        Present.Primary.ShouldBe(Id(1));

        Give(new OperatorCommand.Drain(Node(1)));
        Vacated(1, Present.Version);
        Present.Primary.ShouldBe(Id(3));
    }

    [Fact]
    public void A_node_that_leaves_stops_it_even_if_nobody_else_can_run_it()
    {
        _fences[Id(3)] = _fences[Id(1)] = FenceState.Passed;
        var witness = Member(1, kind: NodeKind.Witness);
        _manager.Reconcile(View(witness, Member(2)), TimeSpan.Zero);
        _manager.OnHandOverWanted(Id(2), View(witness, Member(2)), TimeSpan.Zero);

        Entry.IsVacant.ShouldBeTrue();
        var later = View(witness, Member(2), Member(3));
        _manager.Reconcile(later, TimeSpan.Zero);
        _manager.OnVacated(
            Id(2), new ReplicationMessage.Vacated(Worker.Name, Present.Version), later, TimeSpan.Zero);
        Present.Primary.ShouldBe(Id(3));
    }

    [Fact]
    public void A_worker_that_fails_again_is_moved()
    {
        Fail(2, 1);
        Present.Primary.ShouldBe(Id(2), "it is begun again in place once");
        Fail(2, 2);

        Entry.IsVacant.ShouldBeTrue();
        Vacated(2, Present.Version);
        Present.Primary.ShouldBe(Id(1));
    }

    [Fact]
    public void A_worker_that_fails_on_every_node_is_stopped_where_it_is()
    {
        for (var node = 2; node <= 3; node++)
        {
            var holder = Present.Primary!.Value.Node;
            var number = int.Parse(holder.Value[1..], System.Globalization.CultureInfo.InvariantCulture);
            Fail(number, 2);
            Vacated(number, Present.Version);
        }

        var last = Present.Primary!.Value;
        Fail(int.Parse(last.Node.Value[1..], System.Globalization.CultureInfo.InvariantCulture), 2);

        Present.Primary.ShouldBe(last);
        Entry.IsStopped.ShouldBeTrue();
        Give(new OperatorCommand.Resume(Worker.Name));
        Entry.IsStopped.ShouldBeFalse();
    }

    [Fact]
    public void A_hold_keeps_it_where_it_is_but_does_not_stop_a_failover()
    {
        Give(new OperatorCommand.Hold(Worker.Name));
        Give(new OperatorCommand.Drain(Node(2)));
        Present.Primary.ShouldBe(Id(2));

        _fences[Id(2)] = FenceState.Passed;
        _manager.Reconcile(View(1, 3), TimeSpan.Zero);
        Present.Primary.ShouldBe(Id(1));
    }

    [Fact]
    public void An_operator_s_failover_hurries_nothing()
    {
        Give(new OperatorCommand.Failover(Worker.Name, AcceptsLoss: true)).ShouldStartWith("nightly is stopped on n2");

        Entry.IsVacant.ShouldBeTrue();
    }

    [Fact]
    public void A_view_that_does_not_concern_it_changes_nothing()
    {
        var before = (Present, _replica.LastSequence);
        _manager.Reconcile(View(1, 2, 3, 4), TimeSpan.Zero);

        (Present, _replica.LastSequence).ShouldBe(before);
    }

    [Fact]
    public void It_can_be_with_nothing_and_wants_no_providers()
    {
        var second = Worker with { Name = new ServiceName("second") };
        Give(new OperatorCommand.AddService(second with { With = [Busy.Name] })).ShouldContain("not be with them");
        Give(new OperatorCommand.AddService(second with { Secondaries = 1 })).ShouldContain("no secondaries");
        Give(new OperatorCommand.AddService(Busy with { Name = new ServiceName("other"), With = [Worker.Name] }))
            .ShouldContain("cannot be with a worker");
        Give(new OperatorCommand.ChangeService(Worker with { IsExclusive = false })).ShouldContain("cannot be changed");
        Give(new OperatorCommand.ChangeService(Worker with { TotalLoss = TotalLossPolicy.StartEmpty }))
            .ShouldContain("total loss");
        Give(new OperatorCommand.AddService(second with { After = [Busy.Name] })).ShouldContain("is defined");
    }

    [Fact]
    public void What_an_operator_asks_for_that_makes_no_sense_of_a_worker_is_refused_with_the_reason()
    {
        Give(new OperatorCommand.Audit(Worker.Name))
            .ShouldBe("nightly is a worker: it has no state that could be compared.");
        Give(new OperatorCommand.Recover(Worker.Name, null, AcceptsLoss: true))
            .ShouldStartWith("nightly is a worker: it has no state that could be lost or recovered.");
        Give(new OperatorCommand.AddService(Worker with { Name = new ServiceName("second"), IsExclusive = false }))
            .ShouldBe("The kind \"nightly\" is that of a worker: the application adds each by AddPrimaryOnly.");
        Give(new OperatorCommand.AddProvider(Worker.Name, Id(1).Node)).ShouldContain("one node at a time does");

        Give(new OperatorCommand.Switchover(Worker.Name, Id(1).Node)).ShouldStartWith("nightly is stopped on n2");
        Give(new OperatorCommand.Switchover(Worker.Name, Id(3).Node)).ShouldBe(
            "nightly is a worker that runs nowhere now; there is nothing to move. See what it waits for.");
    }

    [Fact]
    public void A_worker_is_taken_from_a_node_that_may_not_run_it_any_more_and_removed_at_once()
    {
        Give(new OperatorCommand.RemoveProvider(Worker.Name, Id(2).Node)).ShouldStartWith("nightly is stopped on n2");
        Entry.IsVacant.ShouldBeTrue();
        Vacated(2, Present.Version);
        Present.Primary!.Value.Node.ShouldNotBe(Id(2).Node);

        Give(new OperatorCommand.RemoveService(Worker.Name)).ShouldContain("Whoever runs it stops it");
        _registry.Find(Worker.Name).ShouldBeNull();
    }

    private ReplicaManager MakeManager() =>
        new([Busy, Worker], _registry, _replica, Profile.Lan, Mutation.None)
        {
            FenceOf = member => _fences.GetValueOrDefault(member, FenceState.Unknown),
        };

    private void Fail(int node, long number) => _manager.OnCodeFailed(
        Id(node), new ReplicationMessage.CodeFailed(Worker.Name, number, "no bills"), View(1, 2, 3), TimeSpan.Zero);

    private void Vacated(int node, ConfigurationVersion version) => _manager.OnVacated(
        Id(node), new ReplicationMessage.Vacated(Worker.Name, version), View(1, 2, 3), TimeSpan.Zero);

    private string Give(OperatorCommand command)
    {
        var request = new ReplicationMessage.Request(
            new RequestId(Id(9), _replica.LastSequence + 1), 0, Registry.Name, ConfigurationVersion.None, false, null,
            CommandCodec.Encode(command));
        List<ReplicaEffect> effects = [];
        _replica.Begin(TimeSpan.Zero, effects);
        _manager.Submit(request, View(1, 2, 3), TimeSpan.Zero).ShouldBe(AnswerKind.Done);
        _replica.OnAppended(
            Id(2),
            new ReplicationMessage.Appended(Registry.Name, Version(1), IsMatched: true, _replica.LastSequence, 0));
        _replica.EndBatch();
        var body = effects.OfType<ReplicaEffect.Answer>().Single().Body;
        CommandCodec.TryDecode(body.Span, out CommandAnswer? answer, out _).ShouldBeTrue();
        return answer!.Text;
    }
}
