using Grpc.Core;

namespace Understudy.Tests.Web;

/// <summary>A gRPC service with every kind of method, which says where it ran.</summary>
internal sealed class TalkService(TalkPlace place) : Talk.TalkBase
{
    public override Task<Line> Say(Line request, ServerCallContext context)
    {
        context.ResponseTrailers.Add("who", place.Node);
        return request.Text == "fail"
            ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "not now"))
            : Task.FromResult(new Line { Text = $"{request.Text} at {place.Node}" });
    }

    public override async Task Spell(Line request, IServerStreamWriter<Line> responseStream, ServerCallContext context)
    {
        foreach (var letter in request.Text) await responseStream.WriteAsync(new Line { Text = $"{letter}" });
    }

    public override async Task<Line> Gather(IAsyncStreamReader<Line> requestStream, ServerCallContext context)
    {
        var all = "";
        while (await requestStream.MoveNext(context.CancellationToken)) all += requestStream.Current.Text;
        return new Line { Text = all };
    }

    public override async Task Echo(
        IAsyncStreamReader<Line> requestStream, IServerStreamWriter<Line> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
            await responseStream.WriteAsync(requestStream.Current);
    }

    /// <summary>Until its client has gone.</summary>
    public override async Task<Line> Wait(Line request, ServerCallContext context)
    {
        var gone = new TaskCompletionSource();
        await using (context.CancellationToken.Register(gone.SetResult))
        {
            place.Waiting.Release();
            await gone.Task;
        }

        place.Cancelled.Release();
        return request;
    }
}

/// <summary>Where a <see cref="TalkService"/> runs, and what has become of who waits there.</summary>
internal sealed class TalkPlace(Func<string> node)
{
    public string Node => node();

    /// <summary>The same, on another node.</summary>
    public TalkPlace At(Func<string> other) => new(other) { Waiting = Waiting, Cancelled = Cancelled };

    /// <summary>Released once for each call that has begun to wait.</summary>
    public SemaphoreSlim Waiting { get; private init; } = new(0);

    /// <summary>Released once for each of them that was cancelled.</summary>
    public SemaphoreSlim Cancelled { get; private init; } = new(0);
}
