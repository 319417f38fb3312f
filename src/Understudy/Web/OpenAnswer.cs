namespace Understudy.Web;

/// <summary>An answer outside turns, while it is under way on this node. Dispose of it when it is over.</summary>
/// <param name="number">Its number among those of its service.</param>
/// <param name="answers">Decides when it is cut.</param>
internal sealed class OpenAnswer(long number, ServiceAnswers answers) : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private volatile bool _isCut;

    public long Number => number;

    /// <summary>Its primary is none any more: its client is given nothing more. Set before the token.</summary>
    public bool IsCut => _isCut;

    /// <summary>Cancelled when it is cut.</summary>
    public CancellationToken Token => _cut.Token;

    /// <summary>It is about to begin. False if it must not any more.</summary>
    public bool TryBegin()
    {
        if (!_isCut) answers.Begin(this);
        return !_isCut;
    }

    /// <summary>Under the lock of whoever decides.</summary>
    public void Mark() => _isCut = true;

    /// <summary>What hears of it runs at once.</summary>
    public void Cancel()
    {
        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has come to its end by itself.
        }
    }

    public void Dispose()
    {
        answers.Leave(this);
        _cut.Dispose();
    }
}
