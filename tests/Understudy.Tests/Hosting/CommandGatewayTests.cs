using Microsoft.Extensions.Time.Testing;
using Understudy.Hosting;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Tests.Hosting;

public class CommandGatewayTests
{
    private static readonly OperatorCommand _hold = new OperatorCommand.Hold(null);

    private readonly NodeInbox _inbox = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly CommandGateway _gateway;

    public CommandGatewayTests() => _gateway = new CommandGateway(_inbox, TimeSpan.FromSeconds(5), _clock);

    [Fact]
    public async Task A_command_is_answered_once_by_its_number()
    {
        var told = CommandAsync();
        var given = Posted<NodeInput.CommandGiven>().Single();
        given.Command.ShouldBe(_hold);
        _gateway.Answer(given.Number, CommandAnswer.Done("held"));
        _gateway.Answer(given.Number, CommandAnswer.Refused("no"));
        (await told).ShouldBe(CommandAnswer.Done("held"));
    }

    [Fact]
    public void A_commands_number_is_no_requests_number()
    {
        _ = CommandAsync();
        _ = CommandAsync();
        Posted<NodeInput.CommandGiven>().Select(given => given.Number).ShouldBe([-1, -2]);
    }

    [Fact]
    public void What_is_outstanding_is_sent_again_under_its_key_with_the_time_that_is_left()
    {
        _ = CommandAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        _ = CommandAsync("mine");
        var before = Posted<NodeInput.CommandGiven>();
        before[0].IdempotencyKey.ShouldNotBeNull();
        before[1].IdempotencyKey.ShouldBe("mine");
        _clock.Advance(TimeSpan.FromSeconds(4));
        _gateway.SendAgain();
        var after = Posted<NodeInput.CommandGiven>();
        after.ShouldBe([
            before[0] with { HoldFor = TimeSpan.Zero }, before[1] with { HoldFor = TimeSpan.FromSeconds(1) }]);
    }

    [Fact]
    public async Task An_operator_who_goes_is_reported_and_not_answered()
    {
        using var gone = new CancellationTokenSource();
        var told = _gateway.CommandAsync(_hold, null, gone.Token).AsTask();
        var given = Posted<NodeInput.CommandGiven>().Single();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(told);
        Posted<NodeInput.RequestAbandoned>().Single().Number.ShouldBe(given.Number);
    }

    [Fact]
    public async Task Too_many_commands_are_refused_at_once()
    {
        for (var i = 0; i < CommandGateway.MaxOutstanding; i++) _ = CommandAsync();
        (await CommandAsync()).Outcome.ShouldBe(CommandOutcome.Unavailable);
    }

    [Fact]
    public async Task A_closed_gateway_refuses_what_is_held_and_what_comes()
    {
        var held = CommandAsync();
        _gateway.Close("stopped");
        (await held).ShouldBe(new CommandAnswer(CommandOutcome.Unavailable, "stopped"));
        (await CommandAsync()).Outcome.ShouldBe(CommandOutcome.Unavailable);
    }

    private Task<CommandAnswer> CommandAsync(string? key = null) =>
        _gateway.CommandAsync(_hold, key, CancellationToken.None).AsTask();

    private T[] Posted<T>()
        where T : NodeInput
    {
        List<NodeInput> taken = [];
        _inbox.Take(ref taken);
        return [.. taken.Cast<T>()];
    }
}
