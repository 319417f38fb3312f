using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Understudy.Web;

/// <summary>
/// Lets an endpoint on this node see that its answer was cut, by <see cref="HttpContext.RequestAborted"/>, and breaks
/// off the answer itself. Dispose of it when the endpoint has ended.
/// </summary>
internal sealed class AnswerLifetime : IHttpRequestLifetimeFeature, IDisposable
{
    private readonly HttpContext _context;
    private readonly OpenAnswer _answer;
    private readonly IHttpRequestLifetimeFeature _inner;
    private readonly IHttpResponseFeature _response;
    private readonly CancellationTokenSource _aborted;
    private readonly CancellationTokenRegistration _cut;
    private bool _isOver;

    /// <param name="context">The request.</param>
    /// <param name="answer">Its answer.</param>
    public AnswerLifetime(HttpContext context, OpenAnswer answer)
    {
        (_context, _answer) = (context, answer);
        _inner = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _response = context.Features.GetRequiredFeature<IHttpResponseFeature>();
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(_inner.RequestAborted);
        RequestAborted = _aborted.Token;
        context.Features.Set<IHttpRequestLifetimeFeature>(this);
        context.Features.Set(answer);
        context.Response.OnStarting(() =>
        {
            if (!_isOver && !answer.TryBegin()) _inner.Abort();
            return Task.CompletedTask;
        });
        _cut = answer.Token.UnsafeRegister(static lifetime => ((AnswerLifetime)lifetime!).Cut(), this);
    }

    public CancellationToken RequestAborted { get; set; }

    /// <summary>Whether the endpoint was left before its answer began: the next primary is asked.</summary>
    public static bool IsLeft(HttpContext context) =>
        context.Features.Get<OpenAnswer>() is { IsCut: true } && !context.Response.HasStarted;

    /// <summary>Whether its answer had begun and was broken off.</summary>
    public static bool IsBroken(HttpContext context) =>
        context.Features.Get<OpenAnswer>() is { IsCut: true } && context.Response.HasStarted;

    public void Abort() => _inner.Abort();

    public void Dispose()
    {
        _isOver = true; // What is answered now is not the endpoint's.
        _cut.Dispose(); // Waits until it has been cut, if it is being: what comes next on the connection is not.
        if (_answer.IsCut && _response.HasStarted) _inner.Abort();
        _context.Features.Set(_inner);
        _context.Features.Set<OpenAnswer>(null);
        _aborted.Dispose();
    }

    private void Cut()
    {
        // First: an endpoint that sees the token may end its answer as if it were whole.
        if (_response.HasStarted) _inner.Abort();
        _ = _aborted.CancelAsync(); // What hears of it is the application's.
    }
}
