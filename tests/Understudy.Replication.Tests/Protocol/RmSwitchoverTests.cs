using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Replication.Protocol;
using Understudy.Selection;
using Understudy.Selection.Protocol;
using static Understudy.Replication.Tests.Protocol.Cast;

namespace Understudy.Replication.Tests.Protocol;

/// <summary>The RM's primary on n1 is moved; the registry's other copy is on n2, and n3 gets one.</summary>
public sealed class RmSwitchoverTests
{
    private readonly Registry _registry = new();
    private readonly Replica _replica;
    private readonly ReplicaManager _manager;
    private readonly List<ReplicaEffect> _effects = [];
    private View _view = With(1, 2);
    private TimeSpan _now;
    private long _number;

    public RmSwitchoverTests()
    {
        (_replica, _manager) = Make(_registry, 1);
        Lead(_replica, 1, 1);
        _manager.Activate(Version(1), TimeSpan.Zero);
        _manager.Reconcile(_view, TimeSpan.Zero);
        Acknowledge();
    }

    [Fact]
    public void It_asks_for_the_view_only_when_all_that_it_decided_is_committed_and_holds_commands_until_then()
    {
        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, Node(2))).ShouldBe(AnswerKind.Done);
        _registry.Rm.Operation!.Stage.ShouldBe(OperationStage.Freeze);
        _manager.Preference(_view).ShouldBeNull("n2 has not acknowledged it");
        Give(new OperatorCommand.Hold(null)).ShouldBe(AnswerKind.NotPrimary);

        Acknowledge();
        _manager.Preference(_view).ShouldBe(new RmPreference(Version(1), new RegistryCopy(Node(2), Disk(2)), Id(2)));
        Give(new OperatorCommand.Abort(OperatorCommand.Rm)).ShouldBe(AnswerKind.NotPrimary, "it may be chosen by now");
    }

    [Fact]
    public void It_is_given_up_by_an_operator_before_it_asked_and_by_itself_when_it_takes_too_long()
    {
        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, null)).ShouldBe(AnswerKind.Done);
        Give(new OperatorCommand.Abort(OperatorCommand.Rm)).ShouldBe(AnswerKind.Done);
        _registry.Rm.Operation.ShouldBeNull();
        Acknowledge();
        _manager.Preference(_view).ShouldBeNull();

        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, null)).ShouldBe(AnswerKind.Done);
        Acknowledge();
        _manager.Preference(_view).ShouldNotBeNull();
        _now += Profile.Lan.Silence * 3;
        _manager.Tick(_view, _now);
        _manager.Preference(_view).ShouldBeNull();
        Give(new OperatorCommand.Hold(null)).ShouldBe(AnswerKind.Done);
        _registry.History.ShouldContain(change => change.What.Contains("the switchover to n2 is given up"));
    }

    [Fact]
    public void A_copy_that_is_not_in_sync_is_brought_up_first_and_the_RM_that_comes_next_goes_on_with_the_move()
    {
        _view = With(1, 2, 3);
        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, Node(3))).ShouldBe(AnswerKind.Done);
        _registry.Rm.Operation!.Stage.ShouldBe(OperationStage.BringUp);

        Succeed().Rm.ShouldSatisfyAllConditions(
            rm => rm.Primary.ShouldBe(Id(2)),
            rm => rm.Operation!.Target.ShouldBe(Node(3)),
            rm => rm.Operation!.Stage.ShouldBe(OperationStage.BringUp));
    }

    [Fact]
    public void The_target_notes_that_it_is_primary_and_ends_the_operation_in_the_history()
    {
        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, Node(2))).ShouldBe(AnswerKind.Done);
        var restored = Succeed();

        restored.Rm.ShouldBe(new RmEntry(Id(2), Version(2), null));
        restored.History[^1].ShouldSatisfyAllConditions(
            c => c.Service.ShouldBe(OperatorCommand.Rm),
            c => c.Version.ShouldBe(Version(2)),
            c => c.From.ShouldBe(Version(1)),
            c => c.Position.ShouldNotBeNull(),
            c => c.Phases.Select(phase => phase.Name).ShouldBe([HistoryPhase.Freeze]),
            c => c.Cause.ShouldBe("an operator asked for n2"),
            c => c.What.ShouldStartWith("primary n1#1 -> n2#1; frozen for "));
    }

    [Fact]
    public void It_leaves_a_drained_node_by_itself_and_refuses_what_cannot_be()
    {
        Give(new OperatorCommand.Switchover(OperatorCommand.Rm, Node(9))).ShouldBe(AnswerKind.Done);
        _registry.Rm.Operation.ShouldBeNull("n9 is no member");
        Give(new OperatorCommand.Drain(Node(1))).ShouldBe(AnswerKind.Done);
        _registry.Rm.Operation.ShouldBe(
            new Operation(Node(2), OperationStage.Freeze, _registry.Elapsed, "n1 is drained"));
    }

    /// <summary>The RM on n2 recovers what the one on n1 left.</summary>
    private Registry Succeed()
    {
        var registry = new Registry();
        var (replica, next) = Make(registry, 2);
        registry.Load(_registry.Save());
        Lead(replica, 2, 2);
        next.Activate(Version(2), TimeSpan.Zero);
        next.Reconcile(_view, TimeSpan.Zero);
        return registry;
    }

    private (Replica Replica, ReplicaManager Manager) Make(Registry registry, int node)
    {
        var replica = new Replica(
            Registry.Name, Id(node), isDurable: false, new OnceOnlyState(registry), null, Profile.Lan, Mutation.None);
        replica.Begin(TimeSpan.Zero, _effects);
        var manager = new ReplicaManager([], registry, replica, Profile.Lan, Mutation.None) { Self = Id(node) };
        return (replica, manager);
    }

    private static void Lead(Replica replica, int node, long version) =>
        replica.Lead(Version(version), node == 1 ? Providers(1, 2) : Providers(2, 1));

    private AnswerKind Give(OperatorCommand command) => _manager.Submit(
        new ReplicationMessage.Request(
            new RequestId(Id(9), ++_number), 0, Registry.Name, ConfigurationVersion.None, IsRead: false, null,
            CommandCodec.Encode(command)),
        _view,
        _now);

    private void Acknowledge()
    {
        _replica.OnAppended(
            Id(2),
            new ReplicationMessage.Appended(Registry.Name, Version(1), IsMatched: true, _replica.LastSequence, 0));
        _replica.EndBatch();
    }

    private static View With(params int[] nodes) => View(nodes) with
    {
        Attachment = SelectionCodec.EncodeConfiguration(new RmConfiguration(
            Version(1), new Lineage(1), [new(Node(1), Disk(1)), new(Node(2), Disk(2))])),
    };
}
