using Microsoft.Extensions.Time.Testing;
using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;
using Understudy.Services;

namespace Understudy.Tests.Services;

/// <summary>What a service's executor makes of requests under an <c>Idempotency-Key</c>.</summary>
public sealed class ExecutorKeyTests
{
    private static readonly ServiceName _name = new("tally");
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    private readonly List<ServiceReport> _reports = [];
    private readonly FakeTimeProvider _clock = new();
    private readonly Tally _tally = new();
    private readonly ServiceExecutor _executor;
    private long _assignment;
    private long _number;

    public ExecutorKeyTests() => _executor = new ServiceExecutor(_name, _tally, _reports.Add, () => { }, _clock);

    [Fact]
    public async Task A_duplicate_from_another_gateway_waits_for_the_first_and_for_its_checkpoint()
    {
        await LeadAsync();
        var hold = new TaskCompletionSource();
        _tally.Hold = hold.Task;
        Ask("k", 10, gateway: 1);
        Ask("k", 10, gateway: 2);
        var running = _executor.RunAsync().AsTask();
        Ask("k", 10, gateway: 3);
        Answers().ShouldBeEmpty("the first is being handled");
        hold.SetResult();
        await running;

        Answers().Select(answer => (answer.Id.Gateway.Node.Value, BitConverter.ToInt64(answer.Body.Span)))
            .ShouldBe([("n1", 10L), ("n2", 10L), ("n3", 10L)]);
        Answers().ShouldAllBe(answer => answer.Sequence == 1, "each leaves when the one checkpoint is committed");
        Checkpoints().ShouldHaveSingleItem();
        _tally.Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_key_that_is_older_than_the_service_keeps_it_is_forgotten_with_the_next_one()
    {
        await LeadAsync();
        await AskAsync("a");
        _clock.Advance(_hour * 1.5);
        await AskAsync("a");
        _tally.Count.ShouldBe(1, "no checkpoint has forgotten it");
        await AskAsync("b");
        await AskAsync("a");
        _tally.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Time_in_which_it_is_not_primary_does_not_age_a_key_whatever_its_clock_shows()
    {
        await LeadAsync();
        await AskAsync("a");
        _executor.Take(new ServiceInstruction.BecomeSecondary(++_assignment));
        _executor.Take(new ServiceInstruction.RollBack(_assignment, 1, null, []));
        await _executor.RunAsync();
        _clock.Advance(_hour * 100);
        await LeadAsync(sequence: 1);
        await AskAsync("b");
        await AskAsync("a");
        _tally.Count.ShouldBe(2);
        _clock.Advance(_hour * 1.5);
        await AskAsync("c");
        await AskAsync("a");
        _tally.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_secondary_that_applies_the_checkpoints_has_the_same_state_however_late_it_is()
    {
        await LeadAsync();
        await AskAsync("a");
        _clock.Advance(_hour * 1.5);
        await AskAsync("b");
        _clock.Advance(_hour * 50);
        var secondary = new ServiceExecutor(_name, new Tally(), _ => { }, () => { }, new FakeTimeProvider());
        secondary.Take(new ServiceInstruction.Apply(1, [.. Checkpoints().Select((checkpoint, index) =>
            new LogEntry(new ConfigurationVersion(1), index + 1, checkpoint))]));
        await secondary.RunAsync();
        (await secondary.DigestAsync()).ShouldBe(await _executor.DigestAsync());
    }

    [Fact]
    public async Task A_checkpoint_of_a_later_layout_is_refused_by_name()
    {
        var later = new LogEntry(new ConfigurationVersion(1), 1, new byte[] { 0x10 });
        _executor.Take(new ServiceInstruction.Apply(1, [later]));
        await _executor.RunAsync();
        _reports.OfType<ServiceReport.Refused>().Single().Reason
            .ShouldStartWith("a checkpoint has a layout that this program does not know.");
    }

    private async Task LeadAsync(long sequence = 0)
    {
        _executor.Take(new ServiceInstruction.BecomePrimary(
            ++_assignment, new ConfigurationVersion(1), new Lineage(1), sequence));
        await _executor.RunAsync();
    }

    private async Task AskAsync(string key)
    {
        Ask(key, 1);
        await _executor.RunAsync();
    }

    private void Ask(string key, long add, int gateway = 1)
    {
        var from = new MemberId(new NodeId($"n{gateway}"), new Incarnation(1, 1));
        var request = new ReplicationMessage.Request(
            new RequestId(from, ++_number), _number, _name, new(1), IsRead: false, key, Tally.Bytes(add));
        _executor.Take(new ServiceInstruction.Handle(_assignment, request, _hour));
    }

    private List<ServiceAnswer> Answers() =>
        [.. _reports.OfType<ServiceReport.Offered>().SelectMany(offered => offered.Answers)];

    private List<ReadOnlyMemory<byte>> Checkpoints() =>
        [.. _reports.OfType<ServiceReport.Offered>().SelectMany(offered => offered.Checkpoints)];
}
