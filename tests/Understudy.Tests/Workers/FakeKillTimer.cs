using Understudy.Workers;

namespace Understudy.Tests.Workers;

/// <summary>Remembers whether it is set, and kills nobody.</summary>
internal sealed class FakeKillTimer : IKillTimer
{
    private readonly TaskCompletionSource _isOff = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TimeSpan? At { get; private set; }

    /// <summary>Ends when it is switched off after it was set.</summary>
    public Task IsOff => _isOff.Task;

    public void SetAt(TimeSpan? at)
    {
        At = at;
        if (at is null) _isOff.TrySetResult();
    }
}
