namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>
/// A client of programs that know no keys. It reads, which is always answered; and it posts, each time something else:
/// that is answered, or cut, which a 502 says, or the end of the node that was asked.
/// </summary>
internal sealed class ForeignClient(int number, IWayIn way, ForeignPrograms programs, StormLedger ledger, int seed)
{
    private static readonly TimeSpan _think = TimeSpan.FromMilliseconds(200);

    private readonly Random _random = new(seed);
    private readonly List<(string What, bool IsCut)> _posted = [];

    private string Name => $"{way.Name}-{number}";

    /// <summary>Asks until it is told to stop, or something fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        ledger.Expect(Name);
        while (true)
        {
            await StormPause.PassAsync(_think * (2 * _random.NextDouble()), stop);
            if (stop.IsCancellationRequested || !await AskAsync()) return;
        }
    }

    /// <summary>How much of what was answered was not taken, and how much was taken again.</summary>
    public (long Lost, long Duplicated) Count() => (
        _posted.Count(posted => !posted.IsCut && programs.Taken(posted.What) == 0),
        _posted.Sum(posted => Math.Max(0, programs.Taken(posted.What) - 1)));

    private async Task<bool> AskAsync()
    {
        var begun = ledger.Now;
        var isRead = _random.Next(3) == 0;
        try
        {
            await (isRead ? way.AskAsync(HttpMethod.Get, "") : PostAsync($"{Name}-{_posted.Count}"));
            ledger.Answered(way.Name, Name, begun);
            return true;
        }
        catch (UnknownOutcomeException e)
        {
            if (e.IsTold) ledger.CutByService(Name, begun, e);
            else ledger.Cut(Name, begun, e);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            ledger.Fail(Name, begun, e);
            return false;
        }
    }

    private async Task PostAsync(string what)
    {
        _posted.Add((what, IsCut: true));
        await way.AskAsync(HttpMethod.Post, "", what);
        _posted[^1] = (what, IsCut: false);
    }
}
