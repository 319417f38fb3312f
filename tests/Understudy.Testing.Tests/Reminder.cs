using System.Text;

namespace Understudy.Testing.Tests;

/// <summary>Counts the seconds in which it is primary, and what it is asked; can be told to hang.</summary>
public sealed class Reminder : ReplicatedStateService
{
    private readonly ReplicatedCounter _seconds;
    private readonly ReplicatedCounter _requests;
    private readonly TimeProvider _time;

    public Reminder(TimeProvider time)
        : base(new ReplicatedState())
    {
        _time = time;
        _seconds = State.Counter("seconds");
        _requests = State.Counter("requests");
    }

    public long Seconds => State.ReadLocal(reader => _seconds.Get(reader));

    public long Requests => State.ReadLocal(reader => _requests.Get(reader));

    public CancellationToken Demoted { get; private set; }

    public ValueTask<long> CountAsync() => State.TransactionAsync(tx => _requests.Increment(tx));

    public ValueTask<long> ConfirmedAsync() => State.ReadAsync(reader => _requests.Get(reader));

    public override async ValueTask BecomePrimaryAsync(IPrimaryContext context, CancellationToken cancellationToken)
    {
        await base.BecomePrimaryAsync(context, cancellationToken);
        Demoted = context.Demoted;
        _ = RemindAsync(context.Demoted);
    }

    public override async ValueTask<ServiceOutcome> HandleRequestAsync(
        ServiceRequest request, CancellationToken cancellationToken)
    {
        if (request.Body.Span.SequenceEqual("hang"u8)) await new TaskCompletionSource().Task;
        return InTurn(request, (tx, asked) =>
            Encoding.UTF8.GetBytes($"{(asked.IsRead ? _requests.Get(tx) : _requests.Increment(tx))}"));
    }

    private async Task RemindAsync(CancellationToken demoted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(demoted))
                await State.TransactionAsync(tx => _seconds.Increment(tx), demoted);
        }
        catch (Exception e) when (e is OperationCanceledException or NotPrimaryException)
        {
            // Another one reminds from now on.
        }
    }
}
