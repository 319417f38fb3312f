using System.Buffers.Binary;
using Microsoft.Extensions.Time.Testing;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Services;

namespace Understudy.Tests.Services;

public sealed class ServiceExecutorTests
{
    private static readonly ServiceName _name = new("tally");
    private static readonly MemberId _gateway = new(new NodeId("n9"), new Incarnation(1, 9));

    private static readonly TimeSpan _keepKeysFor = TimeSpan.FromHours(1);

    private readonly List<ServiceReport> _reports = [];
    private readonly FakeTimeProvider _clock = new();
    private readonly Tally _tally = new();
    private readonly ServiceExecutor _executor;
    private bool _isAwake;

    public ServiceExecutorTests() =>
        _executor = new ServiceExecutor(_name, _tally, _reports.Add, () => _isAwake = true, _clock);

    [Fact]
    public async Task What_waits_is_handled_together_and_offered_as_one()
    {
        await LeadAsync();
        for (var number = 1; number <= 3; number++) Ask(number, 10);
        var added = _tally.AddAsync(5);
        await RunAsync();

        var offered = _reports.OfType<ServiceReport.Offered>().Single();
        offered.FirstSequence.ShouldBe(1);
        offered.Checkpoints.Length.ShouldBe(4);
        offered.Answers.Select(answer => answer.Sequence).ShouldBe([1L, 2L, 3L]);
        added.IsCompleted.ShouldBeFalse("it is not committed");

        _executor.Take(new ServiceInstruction.NoteReleased(1, 4));
        (await added).ShouldBe(4);
    }

    [Fact]
    public async Task A_request_that_was_handled_gets_the_same_answer_again_and_changes_nothing()
    {
        await LeadAsync();
        Ask(1, 10);
        Ask(1, 10);
        await RunAsync();

        var offered = _reports.OfType<ServiceReport.Offered>().Single();
        offered.Checkpoints.ShouldHaveSingleItem();
        offered.Answers.Select(answer => BitConverter.ToInt64(answer.Body.Span)).ShouldBe([10L, 10L]);
        _tally.Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_demoted_primary_s_token_is_cancelled_at_once_and_its_callers_are_told()
    {
        await LeadAsync();
        var context = _tally.Primary!;
        var added = _tally.AddAsync(5);
        await RunAsync();
        var late = _tally.AddAsync(6);
        _executor.Take(new ServiceInstruction.BecomeSecondary(2));

        context.Demoted.IsCancellationRequested.ShouldBeTrue("before its turn comes");
        await Should.ThrowAsync<NotPrimaryException>(added.AsTask());
        await RunAsync();
        await Should.ThrowAsync<NotPrimaryException>(late.AsTask());
        await Should.ThrowAsync<NotPrimaryException>(context.ConfirmAsync().AsTask());
        _tally.Count.ShouldBe(5, "what waited was not executed");
    }

    [Fact]
    public async Task A_lone_change_is_made_within_its_call_and_one_that_has_company_in_turn()
    {
        var tally = new Tally();
        List<ServiceReport> reports = [];
        var wakes = 0;
        var executor = new ServiceExecutor(_name, tally, reports.Add, () => wakes++, _clock) { RunsInCalls = true };
        executor.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), default, 0));
        await executor.RunAsync();
        var first = tally.AddAsync(5).AsTask();
        tally.Count.ShouldBe(5, "nothing else was under way");
        var second = tally.AddAsync(6).AsTask();
        tally.Count.ShouldBe(5, "the first is not committed");
        wakes.ShouldBe(2);
        await executor.RunAsync();
        executor.Take(new ServiceInstruction.NoteReleased(1, 2));
        (await first).ShouldBe(1);
        (await second).ShouldBe(2);

        var third = tally.AddAsync(7).AsTask();
        tally.Count.ShouldBe(11, "two were told together, and their callers may come together");
        await executor.RunAsync();
        executor.Take(new ServiceInstruction.NoteReleased(1, 3));
        await third;
        _ = tally.AddAsync(8).AsTask();
        tally.Count.ShouldBe(26, "it is alone again");
    }

    [Fact]
    public async Task A_secondary_gathers_checkpoints_until_it_is_told_to_apply_them_or_to_do_anything_else()
    {
        var tally = new Tally();
        var wakes = 0;
        var executor = new ServiceExecutor(_name, tally, _ => { }, () => wakes++, _clock) { AppliesTogether = true };
        executor.Take(new ServiceInstruction.Apply(1, [Checkpoint(1)]));
        executor.Take(new ServiceInstruction.Apply(1, [Checkpoint(2)]));
        wakes.ShouldBe(0);
        executor.ApplyGathered();
        wakes.ShouldBe(1);
        await executor.RunAsync();
        tally.Count.ShouldBe(2);
        executor.ApplyGathered();
        wakes.ShouldBe(1, "nothing was gathered");

        executor.Take(new ServiceInstruction.Apply(1, [Checkpoint(3)]));
        executor.Take(new ServiceInstruction.SayPosition(1));
        wakes.ShouldBe(2);
        await executor.RunAsync();
        executor.Position.ShouldBe(3);
    }

    [Fact]
    public async Task What_a_primary_ran_ahead_is_rolled_back()
    {
        await LeadAsync();
        _ = _tally.AddAsync(5).AsTask();
        _ = _tally.AddAsync(6).AsTask();
        await RunAsync();
        var first = _reports.OfType<ServiceReport.Offered>().Single().Checkpoints[0];
        var entry = new LogEntry(new ConfigurationVersion(1), 1, first);
        _executor.Take(new ServiceInstruction.BecomeSecondary(2));
        _executor.Take(new ServiceInstruction.RollBack(2, 1, null, [entry]));
        await RunAsync();

        _tally.Count.ShouldBe(5);
        _executor.Position.ShouldBe(1);
        _tally.Calls.ShouldBe(["primary", "secondary", "load", "apply 1"]);
    }

    [Fact]
    public async Task One_that_did_not_run_ahead_is_not_loaded_again()
    {
        await LeadAsync();
        _ = _tally.AddAsync(5).AsTask();
        await RunAsync();
        _executor.Take(new ServiceInstruction.BecomeSecondary(2));
        _executor.Take(new ServiceInstruction.RollBack(2, 1, null, []));
        await RunAsync();
        _tally.Calls.ShouldBe(["primary", "secondary"]);
    }

    [Fact]
    public async Task One_that_is_given_up_while_it_goes_back_loses_nothing_by_it()
    {
        await LeadAsync();
        for (var number = 1; number <= 3; number++) _ = _tally.AddAsync(1).AsTask();
        await RunAsync();
        _tally.OnApply = _executor.Abandon; // The incarnation ends.
        _executor.Take(new ServiceInstruction.BecomeSecondary(2));
        _executor.Take(new ServiceInstruction.RollBack(2, 2, null, [Checkpoint(1), Checkpoint(2)]));
        await RunAsync();
        _tally.Calls.ShouldBe(["primary", "secondary", "load", "apply 1"]);
    }

    [Fact]
    public async Task Too_much_that_is_not_committed_makes_the_next_ones_wait()
    {
        await LeadAsync();
        for (var number = 0; number < ServiceExecutor.MostUncommitted + 10; number++) _ = _tally.AddAsync(1).AsTask();
        await RunAsync();
        _tally.Count.ShouldBe(ServiceExecutor.MostUncommitted);

        _executor.Take(new ServiceInstruction.NoteReleased(1, 10));
        await RunAsync();
        _tally.Count.ShouldBe(ServiceExecutor.MostUncommitted + 10);
    }

    [Fact]
    public async Task Code_that_throws_fails_its_provider_and_says_in_which_call()
    {
        await LeadAsync();
        _executor.Take(new ServiceInstruction.Handle(1, Request(1, default), _keepKeysFor));
        await RunAsync();

        _reports.OfType<ServiceReport.Failed>().Single().Reason
            .ShouldBe("HandleRequestAsync threw ArgumentException: no number");
        Should.Throw<NotPrimaryException>(() => _tally.AddAsync(1).AsTask());
    }

    [Fact]
    public async Task Code_that_does_not_return_is_reported_first_and_fails_at_the_limit()
    {
        await LeadAsync();
        _tally.Hold = new TaskCompletionSource().Task;
        Ask(1, 10);
        _isAwake = false;
        _ = _executor.RunAsync().AsTask();

        _clock.Advance(Profile.Lan.SlowCall * 1.1);
        _executor.Watch(Profile.Lan);
        _executor.Watch(Profile.Lan);
        _reports.OfType<ServiceReport.Slowed>().Single().Call.ShouldBe("HandleRequestAsync");
        _reports.OfType<ServiceReport.Failed>().ShouldBeEmpty();

        _clock.Advance(Profile.Lan.CallLimit);
        _executor.Watch(Profile.Lan);
        _reports.OfType<ServiceReport.Failed>().Single().Reason.ShouldContain("HandleRequestAsync has not returned");
    }

    [Fact]
    public async Task A_change_by_bytes_is_taken_only_within_a_turn()
    {
        await LeadAsync();
        Should.Throw<InvalidOperationException>(() => _tally.Primary!.CheckpointAsync(Tally.Bytes(1)).AsTask())
            .Message.ShouldContain("give CheckpointAsync the change as a function");
    }

    [Fact]
    public async Task A_snapshot_is_of_what_was_offered_before_it()
    {
        await LeadAsync();
        _ = _tally.AddAsync(5).AsTask();
        _executor.Take(new ServiceInstruction.SaveSnapshot(1));
        await RunAsync();

        _reports[^2].ShouldBeOfType<ServiceReport.Offered>();
        var saved = _reports[^1].ShouldBeOfType<ServiceReport.SnapshotSaved>();
        saved.Sequence.ShouldBe(1);
        var other = new Tally();
        var successor = new ServiceExecutor(_name, other, _reports.Add, () => { }, _clock);
        successor.Take(new ServiceInstruction.Load(0, new Snapshot(new ConfigurationVersion(1), 1, saved.State)));
        await successor.RunAsync();
        other.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task A_captured_state_is_written_beside_further_calls_and_is_of_its_moment(long first)
    {
        List<Action> beside = [];
        var tally = new Tally { IsCaptured = true };
        var executor = new ServiceExecutor(_name, tally, _reports.Add, () => { }, _clock) { Beside = beside.Add };
        executor.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), new Lineage(1), 0));
        await executor.RunAsync();
        _ = tally.AddAsync(first).AsTask();
        executor.Take(new ServiceInstruction.SaveSnapshot(1));
        _ = tally.AddAsync(70).AsTask();
        await executor.RunAsync();
        executor.Position.ShouldBe(2);
        _reports.OfType<ServiceReport.SnapshotSaved>().ShouldBeEmpty("it is written by nobody yet");

        beside.Single()();
        if (first < 0)
        {
            _reports[^1].ShouldBeOfType<ServiceReport.Failed>().Reason.ShouldBe(
                "the function that CaptureSnapshot returned threw ArgumentException: below 0");
            return;
        }

        var saved = _reports[^1].ShouldBeOfType<ServiceReport.SnapshotSaved>();
        saved.Sequence.ShouldBe(1);
        var other = new Tally();
        var successor = new ServiceExecutor(_name, other, _reports.Add, () => { }, _clock);
        successor.Take(new ServiceInstruction.Load(0, new Snapshot(new ConfigurationVersion(1), 1, saved.State)));
        await successor.RunAsync();
        other.Count.ShouldBe(first);
    }

    [Fact]
    public async Task Every_provider_takes_its_digest_at_exactly_the_checkpoint_of_the_audit()
    {
        await LeadAsync();
        _ = _tally.AddAsync(5).AsTask();
        _executor.Take(new ServiceInstruction.Audit(1));
        _ = _tally.AddAsync(6).AsTask();
        await RunAsync();
        var mine = _reports.OfType<ServiceReport.Audited>().Single();
        mine.Sequence.ShouldBe(2);
        var checkpoints = _reports.OfType<ServiceReport.Offered>().SelectMany(offered => offered.Checkpoints);
        LogEntry[] entries = [.. checkpoints.Select((c, i) => new LogEntry(new ConfigurationVersion(1), i + 1, c))];
        entries.Length.ShouldBe(3);

        (await DigestOfSecondary(entries, damage: 0)).ShouldBe(mine.Digest);
        (await DigestOfSecondary(entries, damage: 1)).ShouldNotBe(mine.Digest);
    }

    [Fact]
    public async Task A_service_whose_snapshots_cannot_be_compared_is_not_audited()
    {
        List<ServiceReport> reports = [];
        var executor = new ServiceExecutor(
            _name, new Tally { HasComparableSnapshots = false }, reports.Add, () => { }, _clock);
        executor.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), new Lineage(1), 0));
        executor.Take(new ServiceInstruction.Audit(1));
        await executor.RunAsync();
        reports.OfType<ServiceReport.Audited>().Single().Digest.ShouldBeNull();
        executor.Position.ShouldBe(0);
    }

    [Theory]
    [InlineData(false, "checkpoint 1")]
    [InlineData(true, "the snapshot at checkpoint 1")]
    public async Task Bytes_of_a_later_format_are_refused_with_what_to_do(bool isSnapshot, string what)
    {
        List<ServiceReport> reports = [];
        var newer = new Tally { CheckpointFormat = 3 };
        var primary = new ServiceExecutor(_name, newer, reports.Add, () => { }, _clock);
        primary.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), new Lineage(1), 0));
        await primary.RunAsync();
        _ = newer.AddAsync(5).AsTask();
        primary.Take(new ServiceInstruction.SaveSnapshot(1));
        await primary.RunAsync();
        var state = reports.OfType<ServiceReport.SnapshotSaved>().Single().State;
        var checkpoint = reports.OfType<ServiceReport.Offered>().Single().Checkpoints[0];

        _executor.Take(isSnapshot
            ? new ServiceInstruction.Load(0, new Snapshot(new ConfigurationVersion(1), 1, state))
            : new ServiceInstruction.Apply(0, [new LogEntry(new ConfigurationVersion(1), 1, checkpoint)]));
        await RunAsync();
        _reports.OfType<ServiceReport.Refused>().Single().Reason.ShouldStartWith(
            $"{what} of tally has format 3, and this node's program knows formats up to 0.");
        _tally.Count.ShouldBe(0);
    }

    private static LogEntry Checkpoint(long number)
    {
        var one = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(one, 1);
        return new LogEntry(new ConfigurationVersion(1), number, OnceOnlyTable.Encode(null, default, one));
    }

    private async Task<UInt128?> DigestOfSecondary(LogEntry[] entries, long damage)
    {
        List<ServiceReport> reports = [];
        var tally = new Tally();
        var executor = new ServiceExecutor(_name, tally, reports.Add, () => { }, _clock);
        executor.Take(new ServiceInstruction.Apply(0, [entries[0]]));
        await executor.RunAsync();
        await tally.ApplyCheckpointAsync(Tally.Bytes(damage), 0, 0, TestContext.Current.CancellationToken);
        executor.Take(new ServiceInstruction.Apply(0, [.. entries[1..]]));
        await executor.RunAsync();
        return reports.OfType<ServiceReport.Audited>().Single().Digest;
    }

    private async Task LeadAsync()
    {
        _executor.Take(new ServiceInstruction.BecomePrimary(1, new ConfigurationVersion(1), new Lineage(1), 0));
        await RunAsync();
        _reports.ShouldBe([new ServiceReport.BecamePrimary(1)]);
        _reports.Clear();
    }

    private async Task RunAsync()
    {
        if (!_isAwake) return;
        _isAwake = false;
        await _executor.RunAsync();
    }

    private void Ask(long number, long add) =>
        _executor.Take(new ServiceInstruction.Handle(1, Request(number, Tally.Bytes(add)), _keepKeysFor));

    private static ReplicationMessage.Request Request(long number, ReadOnlyMemory<byte> body) =>
        new(new RequestId(_gateway, number), 0, _name, new(1), IsRead: false, null, body);
}
