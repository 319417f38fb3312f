using System.Collections.Concurrent;
using Understudy.Contracts;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Services;

namespace Understudy.Hosting;

/// <summary>
/// Hands clients' requests to the node's loop and its answers back. Bounded for each service: what is too much is
/// refused at once. What is outstanding when an incarnation ends is sent again to the next, but for a change without a
/// key that had been sent to its primary: sent twice, it might happen twice.
/// </summary>
internal sealed class Gateway : IGateway, IDisposable
{
    /// <summary>What begins the names of what is no service for clients; refused at once.</summary>
    private const char OwnName = '~';

    private const string UnknownOutcome =
        "This node had sent the change, and began a new incarnation before the answer came. Whether the change was "
        + "made is not known. With an Idempotency-Key it would have been sent again.";

    private readonly NodeInbox _inbox;
    private readonly TimeProvider _clock;
    private readonly Admissions _admissions;
    private readonly GatewayMetrics _metrics;
    private readonly ConcurrentDictionary<long, Outstanding> _outstanding = [];
    private readonly ConcurrentDictionary<Admission, long> _elsewhere = [];
    private long _lastNumber;
    private volatile string? _closed;

    /// <param name="self">This node.</param>
    /// <param name="inbox">The node's loop.</param>
    /// <param name="admission">Decides what is too much.</param>
    /// <param name="clock">Measures how long a request waits.</param>
    public Gateway(NodeId self, NodeInbox inbox, RequestAdmission admission, TimeProvider clock)
    {
        (_inbox, _clock) = (inbox, clock);
        _admissions = new Admissions(admission, (service, limit) => _metrics!.Refused(service, limit));
        _metrics = new GatewayMetrics(self, () => Status);
    }

    /// <summary>How many requests are not answered.</summary>
    public int Count => _admissions.Count;

    /// <summary>The same of each service, and more.</summary>
    public IReadOnlyList<RequestsStatus> Status => _admissions.Status(
        _outstanding.Select(each => (each.Value.Input.Service, _clock.GetElapsedTime(each.Value.Since)))
            .Concat(_elsewhere.Select(each => (each.Key.Service, _clock.GetElapsedTime(each.Value)))));

    public Admission Admit(ServiceName service)
    {
        if (service.Value.StartsWith(OwnName))
        {
            return new Admission(
                service, Replies.Refuse(ReplyOutcome.UnknownService, $"There is no service \"{service}\"."));
        }

        return _closed is { } why
            ? new Admission(service, Replies.Unavailable(why))
            : _admissions.Admit(service);
    }

    public ValueTask<Reply> SendAsync(
        Admission admission,
        ReadOnlyMemory<byte> body,
        bool isRead,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || !admission.TryReach(body.Length))
        {
            admission.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return ValueTask.FromResult(admission.Refusal!);
        }

        var number = Interlocked.Increment(ref _lastNumber);
        var input = new NodeInput.Requested(
            number, admission.Service, body, isRead, idempotencyKey, admission.HoldFor);
        var outstanding = new Outstanding(input, admission, _clock.GetTimestamp());
        _outstanding[number] = outstanding;
        if (cancellationToken.CanBeCanceled) Watch(number, outstanding, cancellationToken);
        _inbox.Post(input);

        // Gone meanwhile: that may have been said before the loop knew of it.
        if (cancellationToken.IsCancellationRequested) _inbox.Post(new NodeInput.RequestAbandoned(number));

        // Closed meanwhile: nobody else may have seen this one.
        if (_closed is { } closed) Close(number, closed);
        return outstanding.Completion;
    }

    /// <summary>The loop's answer to a request; ignored if its client has gone.</summary>
    public void Answer(long number, Reply reply)
    {
        if (Remove(number) is not { } outstanding) return;
        Measure(outstanding.Input.Service, reply.Outcome, outstanding.Since);
        outstanding.Complete(reply);
    }

    /// <summary>
    /// An admitted request waits from now on for an answer that does not come by the node's loop, but from a service's
    /// own program.
    /// </summary>
    public void Begin(Admission admission) => _elsewhere[admission] = _clock.GetTimestamp();

    /// <summary>Such a request waits no more. Ignored if that was said before.</summary>
    /// <param name="admission">What was admitted; it goes on counting until it is disposed of.</param>
    /// <param name="outcome">What its client was told; null if it has gone, or the outcome is not known.</param>
    public void End(Admission admission, ReplyOutcome? outcome)
    {
        if (_elsewhere.TryRemove(admission, out var since)) Measure(admission.Service, outcome, since);
    }

    /// <summary>Sends what is outstanding to the new incarnation, in the order in which it came.</summary>
    /// <param name="isUnknown">
    /// Whether the incarnation before sent it, by its number, and it may not be sent again: its client is told.
    /// </param>
    public void SendAgain(Predicate<long> isUnknown)
    {
        foreach (var outstanding in _outstanding.Values.OrderBy(outstanding => outstanding.Input.Number))
        {
            var input = outstanding.Input;
            if (isUnknown(input.Number))
            {
                Remove(input.Number)?.Complete(Replies.Refuse(ReplyOutcome.Unknown, UnknownOutcome));
                continue;
            }

            var left = input.HoldFor - _clock.GetElapsedTime(outstanding.Since);
            _inbox.Post(input with { HoldFor = left > TimeSpan.Zero ? left : TimeSpan.Zero });
        }
    }

    /// <summary>Refuses everything that is outstanding and everything that comes.</summary>
    public void Close(string why)
    {
        _closed = why;
        foreach (var number in _outstanding.Keys) Close(number, why);
    }

    /// <summary>Measures nothing any longer.</summary>
    public void Dispose() => _metrics.Dispose();

    private void Measure(ServiceName service, ReplyOutcome? outcome, long since)
    {
        if (outcome is ReplyOutcome.Unavailable or ReplyOutcome.Unknown) _admissions.Expired(service);
        if (outcome == ReplyOutcome.Answered) _metrics.Answered(service, _clock.GetElapsedTime(since));
    }

    private void Watch(long number, Outstanding outstanding, CancellationToken cancellationToken) =>
        outstanding.Watch = cancellationToken.UnsafeRegister(
            (_, cancelled) =>
            {
                if (Remove(number) is null) return;
                _inbox.Post(new NodeInput.RequestAbandoned(number));
                outstanding.Fail(new OperationCanceledException(cancelled));
            },
            null);

    private void Close(long number, string why)
    {
        if (Remove(number) is not { } outstanding) return;
        outstanding.Complete(outstanding.Input.MayBeRepeated
            ? Replies.Unavailable(why)
            : Replies.Refuse(ReplyOutcome.Unknown, $"{why} Whether the change was made is not known."));
    }

    private Outstanding? Remove(long number)
    {
        if (!_outstanding.TryRemove(number, out var outstanding)) return null;
        outstanding.Admission.Dispose();
        return outstanding;
    }

    /// <summary>A request that waits. Completed once, by whoever took it out; its client goes on elsewhere.</summary>
    private sealed class Outstanding(NodeInput.Requested input, Admission admission, long since) : Waiter<Reply>
    {
        public NodeInput.Requested Input => input;

        public Admission Admission => admission;

        public long Since => since;

        public CancellationTokenRegistration Watch { get; set; }

        protected override void Tell()
        {
            Watch.Unregister();
            base.Tell();
        }
    }
}
