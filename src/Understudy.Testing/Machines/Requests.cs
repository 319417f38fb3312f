using System.Globalization;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Testing.Machines;

/// <summary>
/// What clients and operators asked one process: its gateway. What is outstanding when an incarnation ends is asked
/// again of the next, but for a change without a key that was sent to its primary, as in a real node.
/// </summary>
internal sealed class Requests(VirtualTime time, Machine machine, ClusterConfiguration configuration)
{
    private readonly Admissions _admissions = new(
        new RequestAdmission(long.MaxValue, configuration.BoundsOf, isKnown: _ => true), static (_, _) => { });

    private readonly TimeSpan _commandHold = NodeRuntime.HoldFor(configuration.Profile);
    private readonly SortedDictionary<long, Outstanding> _outstanding = [];
    private readonly SortedDictionary<long, TaskCompletionSource<CommandAnswer>> _commands = [];
    private string? _closed = "is not running";
    private long _lastNumber;

    /// <summary>How many wait for their answers.</summary>
    public int Count => _outstanding.Count;

    /// <summary>The same of each service, and more.</summary>
    public IReadOnlyList<RequestsStatus> Status => _admissions.Status(
        _outstanding.Values.Select(asked => (asked.Input.Service, time.Now - asked.Since)));

    /// <summary>From any thread. It is asked in the next turn.</summary>
    public Task<Reply> SendAsync(
        ServiceName service,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Without RunContinuationsAsynchronously: what waits has a scheduler of its own, and the pool would hide it.
        var caller = new TaskCompletionSource<Reply>();
        time.Post(() => Ask(
            service,
            (number, holdFor) => new NodeInput.Requested(
                number, service, body, isRead, idempotencyKey, holdFor),
            caller,
            cancellationToken));
        return caller.Task;
    }

    /// <summary>From any thread. Gives an operator's command.</summary>
    public Task<CommandAnswer> GiveAsync(OperatorCommand command, string? idempotencyKey)
    {
        var caller = new TaskCompletionSource<CommandAnswer>();
        time.Post(() =>
        {
            if (_closed is { } why)
            {
                caller.TrySetResult(new CommandAnswer(CommandOutcome.Unavailable, $"{machine.Id} {why}."));
                return;
            }

            _commands.Add(++_lastNumber, caller);
            machine.Give(new NodeInput.CommandGiven(
                _lastNumber, command, idempotencyKey ?? OwnKey(_lastNumber), _commandHold));
        });
        return caller.Task;
    }

    public void Open() => _closed = null;

    /// <summary>Refuses everything that is outstanding and everything that comes.</summary>
    public void Close(string why)
    {
        _closed = why;
        foreach (var (number, asked) in _outstanding.ToList())
        {
            Remove(number);
            asked.Caller.TrySetResult(
                IsUnknown(machine.Last, number) ? Unknown($"{machine.Id} {why}.") : Unavailable());
        }

        foreach (var number in _commands.Keys.ToList())
            Answer(number, new CommandAnswer(CommandOutcome.Unavailable, $"{machine.Id} {why}."));
    }

    /// <summary>The node has been asked to stop: it takes no more, and answers what it took.</summary>
    public void TakeNoMore() => _closed = "is stopping";

    public void Answer(long number, Reply reply)
    {
        if (Remove(number) is not { } asked) return;
        if (reply.Outcome is ReplyOutcome.Unavailable or ReplyOutcome.Unknown) _admissions.Expired(asked.Input.Service);
        asked.Caller.TrySetResult(reply);
    }

    public void Answer(long number, CommandAnswer told)
    {
        if (_commands.Remove(number, out var caller)) caller.TrySetResult(told);
    }

    /// <summary>A new incarnation begins in the same process.</summary>
    /// <param name="ended">The one before; null if there was none.</param>
    public void SendAgain(Node? ended)
    {
        foreach (var (number, asked) in _outstanding.ToList())
        {
            if (IsUnknown(ended, number))
            {
                Remove(number);
                asked.Caller.TrySetResult(Unknown($"The incarnation of {machine.Id} that was asked has ended."));
                continue;
            }

            var left = asked.Input.HoldFor - (time.Now - asked.Since);
            machine.Give(asked.Input with { HoldFor = left > TimeSpan.Zero ? left : TimeSpan.Zero });
        }

        foreach (var number in _commands.Keys.ToList())
        {
            Answer(number, new CommandAnswer(
                CommandOutcome.Unavailable, $"The incarnation of {machine.Id} that was asked has ended. Ask again."));
        }
    }

    private void Ask(
        ServiceName service,
        Func<long, TimeSpan, NodeInput.Requested> input,
        TaskCompletionSource<Reply> caller,
        CancellationToken cancellationToken)
    {
        if (_closed is not null)
        {
            caller.TrySetResult(Unavailable());
            return;
        }

        var admission = _admissions.Admit(service);
        var asked = new Outstanding(input(_lastNumber + 1, admission.HoldFor), admission, time.Now, caller);
        if (!admission.TryReach(asked.Input.Body.Length))
        {
            admission.Dispose();
            caller.TrySetResult(admission.Refusal!);
            return;
        }

        _lastNumber++;
        var number = asked.Input.Number;
        _outstanding.Add(number, asked);
        if (cancellationToken.CanBeCanceled)
            cancellationToken.UnsafeRegister(_ => time.Post(() => Abandon(number, cancellationToken)), null);
        machine.Give(asked.Input);
    }

    private void Abandon(long number, CancellationToken cancellationToken)
    {
        if (Remove(number) is not { } asked) return;
        machine.Give(new NodeInput.RequestAbandoned(number));
        asked.Caller.TrySetCanceled(cancellationToken);
    }

    private Outstanding? Remove(long number)
    {
        if (!_outstanding.Remove(number, out var asked)) return null;
        asked.Admission.Dispose();
        return asked;
    }

    private static bool IsUnknown(Node? asked, long number) => asked?.IsUnknown(number) == true;

    private string OwnKey(long number) => string.Create(CultureInfo.InvariantCulture, $"~{machine.Boot}-{number}");

    private Reply Unavailable() => Replies.Unavailable($"{machine.Id} {_closed}. Ask another node.");

    private static Reply Unknown(string why) =>
        Replies.Refuse(ReplyOutcome.Unknown, $"{why} Whether the change was made is not known.");

    private sealed record Outstanding(
        NodeInput.Requested Input,
        Admission Admission,
        TimeSpan Since,
        TaskCompletionSource<Reply> Caller);
}
