using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Understudy.Contracts;
using Understudy.Hosting;
using Understudy.Http;
using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Web;

/// <summary>
/// Takes requests for one service's own program on this node, and does with them what <see cref="HttpForwarding"/>
/// decides.
/// </summary>
internal sealed class BackendGateway : IThreadPoolWorkItem, IDisposable
{
    private const string UnknownOutcome =
        "The connection to the service broke after the request was sent and before it was answered. Whether it took "
        + "effect is not known. With an Idempotency-Key it would have been sent again.";

    private readonly HttpBackend _backend;
    private readonly NodeId _self;
    private readonly Gateway _gateway;
    private readonly ServiceForwarder _forwarder;
    private readonly Action<Exception> _fail;
    private readonly HttpForwarding _core;
    private readonly ProgramReach _program;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, BackendCall> _calls = [];
    private readonly List<HttpEffect> _effects = [];
    private readonly CoreTimer _timer;
    private BackendRoute? _learned;
    private long _last;
    private long _version;

    /// <param name="backend">What it forwards to.</param>
    /// <param name="self">This node.</param>
    /// <param name="gateway">Counts what waits, with all other requests of the node.</param>
    /// <param name="forwarder">Forwards.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="fail">Ends the process: an invariant is broken.</param>
    public BackendGateway(
        HttpBackend backend,
        NodeId self,
        Gateway gateway,
        ServiceForwarder forwarder,
        TimeProvider clock,
        Action<Exception> fail)
    {
        (_backend, _self, _gateway, _forwarder) = (backend, self, gateway, forwarder);
        _fail = fail;
        _core = new HttpForwarding(backend.Bounds);
        _program = new ProgramReach(backend.Service, clock);
        _timer = new CoreTimer(clock, () => Step(HttpInput.Tick.Instance));
    }

    /// <summary>What it does now, for the status document.</summary>
    public HttpStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new HttpStatus
                {
                    Service = _backend.Service.Value,
                    Forwarded = _core.ForwardedCount,
                    Held = _core.HeldCount,
                    Refused = _core.Refused,
                };
            }
        }
    }

    /// <summary>That its program takes no connection; null if it does.</summary>
    public string? Reason => _program.Reason;

    /// <summary>The node has learned something. Never waits.</summary>
    /// <param name="status">What it published; null if its incarnation has ended.</param>
    /// <param name="startedAt">The timestamp from which its incarnation counts time.</param>
    public void Learn(Protocol.NodeStatus? status, long startedAt) =>
        Learn(BackendRoute.Of(_backend.Service, status, _timer.At(startedAt)));

    /// <summary>What the node has learned, with a time on this object's clock. Only the newest counts.</summary>
    public void Learn(BackendRoute route)
    {
        // Not on the thread of the node's loop: thousands of requests may go on now.
        if (Interlocked.Exchange(ref _learned, route) is null)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Path and query as the program knows them, encoded.</param>
    /// <param name="prefix">What stood before that in what the client asked for, or empty.</param>
    public async Task AnswerAsync(HttpContext context, string target, string prefix)
    {
        if (!Idempotency.TryReadKey(context.Request.Headers, out var key, out var reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason);
            return;
        }

        using var admission = _gateway.Admit(_backend.Service);
        var (isRefused, mayRepeat) = await KeepAsync(context, key, admission);
        if (isRefused) return;
        _gateway.Begin(admission);
        context.Response.OnStarting(() => BeginAnswer(admission));
        var call = Enter(mayRepeat, admission);
        try
        {
            await FollowAsync(call, context, target, prefix);
        }
        finally
        {
            Leave(call);
            _gateway.End(admission, null); // If it is not answered: its client has gone.
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // At once: another thread may be about to take what was learned next.
        lock (_gate)
        {
            if (Interlocked.Exchange(ref _learned, null) is not { } route) return;
            Interlocked.Exchange(ref _version, route.Version.Value);
            _program.Follow(route.Primary?.Node);
            Step(new HttpInput.Learned(route));
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Keeps the body of a request that may be sent again.</summary>
    private static async Task<(bool IsRefused, bool MayRepeat)> KeepAsync(
        HttpContext context, string? key, Admission admission)
    {
        if (admission.Refusal is { } unread) return await RefuseAsync(unread);
        if (key is null && !ForwardAttempt.IsSafe(context.Request.Method)) return (false, false);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true) return (false, true);
        var streams = Grpc.IsMeant(context.Request) || context.Request.ContentLength > ServiceGateway.MaxBody;
        if (streams) return (false, false);
        var body = await RequestBody.ReadAsync(
            context.Request, ServiceGateway.MaxBody, admission, context.RequestAborted);
        if (admission.Refusal is { } refused) return await RefuseAsync(refused);
        if (body is null)
        {
            await Answers.ProblemAsync(
                context,
                StatusCodes.Status413PayloadTooLarge,
                $"With an Idempotency-Key a body of more than {ServiceGateway.MaxBody} bytes has to come with its "
                + "Content-Length.");
            return (true, false);
        }

        context.Request.Body = new MemoryStream(body, writable: false);
        return (false, true);

        async Task<(bool IsRefused, bool MayRepeat)> RefuseAsync(Reply why)
        {
            await Answers.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, Answers.DetailOf(why));
            return (true, false);
        }
    }

    /// <summary>The answer goes to the client now: what is not kept in memory counts no more.</summary>
    private Task BeginAnswer(Admission admission)
    {
        _gateway.End(admission, ReplyOutcome.Answered);
        if (admission.Bytes == 0) admission.Dispose();
        return Task.CompletedTask;
    }

    private BackendCall Enter(bool mayRepeat, Admission admission)
    {
        lock (_gate)
        {
            var call = new BackendCall(++_last, admission);
            _calls.Add(call.Number, call);
            Step(new HttpInput.Arrived(call.Number, mayRepeat));
            return call;
        }
    }

    private void Leave(BackendCall call)
    {
        // At once: nothing more is decided of a request that is not here.
        lock (_gate)
        {
            _calls.Remove(call.Number);
            Step(new HttpInput.Ended(call.Number));
        }
    }

    private async Task FollowAsync(BackendCall call, HttpContext context, string target, string prefix)
    {
        while (true)
        {
            var next = await call.Next.WaitAsync(context.RequestAborted);
            if (next is HttpEffect.Refuse refuse)
            {
                _gateway.End(call.Admission, OutcomeOf(refuse.Why));
                await RefuseAsync(context, refuse.Why);
                return;
            }

            ForwardOutcome outcome;
            using (var attempt = call.Current!)
            {
                outcome = await ForwardAsync(call, attempt, context, target, prefix);
                if (outcome != ForwardOutcome.NotTaken) _program.Reached();
                else if (!attempt.IsCut) _program.Refused(attempt.Node, _backend.Urls[attempt.Node]);
            }

            if (outcome == ForwardOutcome.Answered)
            {
                _gateway.End(call.Admission, ReplyOutcome.Answered);
                return;
            }

            context.RequestAborted.ThrowIfCancellationRequested();
            Sign(context, _self);
            call.Await();
            Step(outcome == ForwardOutcome.Unknown
                ? new HttpInput.Broken(call.Number)
                : new HttpInput.NotTaken(call.Number));
        }
    }

    private async Task<ForwardOutcome> ForwardAsync(
        BackendCall call, BackendCall.Attempt attempt, HttpContext context, string target, string prefix)
    {
        Sign(context, attempt.Node);
        if (context.Request.Body.CanSeek) context.Request.Body.Position = 0;
        var origin = _backend.Urls[attempt.Node];
        var isHttp2 = Grpc.IsMeant(context.Request)
            || (_backend.IsHttp2 && !ServiceForwarder.IsUpgrade(context));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(attempt.Token, context.RequestAborted);
        bool MayGoOn() => this.MayGoOn(call, attempt);
        var transformer = new ToBackend(origin, target, prefix) { Attempt = new ForwardAttempt(MayGoOn, MayGoOn) };
        return await _forwarder.ForwardAsync(context, origin, isHttp2, transformer, end.Token);
    }

    private bool MayGoOn(BackendCall call, BackendCall.Attempt attempt)
    {
        if (attempt.IsCut) return false;
        Step(new HttpInput.Connected(call.Number)); // The lease may end in this very moment.
        return !attempt.IsCut;
    }

    private void Step(HttpInput input)
    {
        try
        {
            List<BackendCall.Attempt> cut = [];
            lock (_gate)
            {
                if (input is HttpInput.Tick) _timer.Ticked();
                _effects.Clear();
                _core.Step(_timer.Now, input, _effects);
                foreach (var effect in _effects) Perform(effect, cut);
                _timer.Arm(_core.NextAt);
            }

            // What hears of it runs at once, and may take a while.
            if (cut.Count > 0) ThreadPool.UnsafeQueueUserWorkItem(Cancel, cut, preferLocal: false);
        }
#pragma warning disable CA1031 // Whatever it is, this node can no longer keep its promises: the process ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fail(e);
        }
    }

    private void Perform(HttpEffect effect, List<BackendCall.Attempt> cut)
    {
        switch (effect)
        {
            case HttpEffect.Forward forward:
                _calls[forward.Request].Decide(forward);
                break;
            case HttpEffect.Refuse refuse:
                _calls[refuse.Request].Decide(refuse);
                break;
            case HttpEffect.Cut taken:
                var attempt = _calls[taken.Request].Current!;
                attempt.IsCut = true;
                cut.Add(attempt);
                break;
            default:
                throw new UnreachableException($"Unknown effect {effect}.");
        }
    }

    private static void Cancel(List<BackendCall.Attempt> cut)
    {
        foreach (var attempt in cut) attempt.Cancel();
    }

    private void Sign(HttpContext context, NodeId node) =>
        Answers.Sign(context, node, new ConfigurationVersion(Interlocked.Read(ref _version)));

    private static ReplyOutcome? OutcomeOf(HttpRefusal why) => why switch
    {
        HttpRefusal.UnknownService => ReplyOutcome.UnknownService,
        HttpRefusal.Late or HttpRefusal.NoConnection => ReplyOutcome.Unavailable,
        HttpRefusal.Broken or HttpRefusal.Unknown => null,
        _ => throw new UnreachableException($"Unknown reason {why}."),
    };

    private Task RefuseAsync(HttpContext context, HttpRefusal why) => why switch
    {
        HttpRefusal.UnknownService => Answers.ProblemAsync(
            context, StatusCodes.Status404NotFound, $"There is no service \"{_backend.Service}\"."),
        HttpRefusal.Late => Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"No primary of {_backend.Service} took the request in time. Try again."),
        HttpRefusal.NoConnection => Answers.ProblemAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            $"{_backend.Service} has a primary, but its program took no connection there in time. Try again."),
        HttpRefusal.Broken => Answers.ProblemAsync(
            context,
            StatusCodes.Status502BadGateway,
            $"The program of {_backend.Service} broke the connection {HttpForwarding.MaxBreaks} times without an "
            + "answer. Whether the request took effect is not known."),
        HttpRefusal.Unknown => Answers.ProblemAsync(context, StatusCodes.Status502BadGateway, UnknownOutcome),
        _ => throw new UnreachableException($"Unknown reason {why}."),
    };
}
