using System.Collections.Concurrent;
using Understudy.Http;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Hosting;

/// <summary>
/// Hands operators' commands to the node's loop and its answers back. A command always has a key, its operator's or
/// one of its own: what is outstanding when an incarnation ends is sent again to the next and is carried out once.
/// </summary>
/// <param name="inbox">The node's loop.</param>
/// <param name="hold">How long a command may wait for its answer.</param>
/// <param name="clock">Measures it.</param>
internal sealed class CommandGateway(NodeInbox inbox, TimeSpan hold, TimeProvider clock) : ICommandGateway
{
    /// <summary>How many commands may wait for their answers.</summary>
    public const int MaxOutstanding = 64;

    private readonly string _ownKeys = $"~{Guid.NewGuid():n}-";
    private readonly ConcurrentDictionary<long, Outstanding> _outstanding = [];
    private long _lastNumber;
    private volatile string? _closed;

    public async ValueTask<CommandAnswer> CommandAsync(
        OperatorCommand command, string? idempotencyKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_outstanding.Count >= MaxOutstanding)
            return Unavailable($"This node holds {MaxOutstanding} commands already. Try again.");

        // Clients' requests are numbered upwards from 1 in the same loop.
        var number = Interlocked.Decrement(ref _lastNumber);
        var input = new NodeInput.CommandGiven(number, command, idempotencyKey ?? $"{_ownKeys}{-number}", hold);
        var outstanding = new Outstanding(input, clock.GetTimestamp());
        _outstanding[number] = outstanding;
        await using var watch = cancellationToken.Register(() => Abandon(number, cancellationToken));
        inbox.Post(input);

        // Closed meanwhile: nobody else may have seen this one.
        if (_closed is { } why) Answer(number, Unavailable(why));
        return await outstanding.Completion.Task;
    }

    /// <summary>Answers one command; ignored if its operator has gone.</summary>
    public void Answer(long number, CommandAnswer told)
    {
        if (_outstanding.TryRemove(number, out var outstanding)) outstanding.Completion.TrySetResult(told);
    }

    /// <summary>Sends what is outstanding to the new incarnation, in the order in which it came.</summary>
    public void SendAgain()
    {
        foreach (var outstanding in _outstanding.Values.OrderByDescending(outstanding => outstanding.Input.Number))
        {
            var left = hold - clock.GetElapsedTime(outstanding.Since);
            inbox.Post(outstanding.Input with { HoldFor = left > TimeSpan.Zero ? left : TimeSpan.Zero });
        }
    }

    /// <summary>Answers everything that is outstanding, and everything that comes, as unavailable.</summary>
    public void Close(string why)
    {
        _closed = why;
        foreach (var number in _outstanding.Keys) Answer(number, Unavailable(why));
    }

    private void Abandon(long number, CancellationToken cancellationToken)
    {
        if (!_outstanding.TryRemove(number, out var outstanding)) return;
        inbox.Post(new NodeInput.RequestAbandoned(number));
        outstanding.Completion.TrySetCanceled(cancellationToken);
    }

    private static CommandAnswer Unavailable(string why) => new(CommandOutcome.Unavailable, why);

    private sealed record Outstanding(NodeInput.CommandGiven Input, long Since)
    {
        public TaskCompletionSource<CommandAnswer> Completion { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
