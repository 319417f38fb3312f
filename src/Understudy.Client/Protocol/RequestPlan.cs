namespace Understudy.Client.Protocol;

/// <summary>What to do with a request now.</summary>
internal abstract record RequestStep
{
    private RequestStep()
    {
    }

    /// <summary>Send it to this service's address on a node.</summary>
    /// <param name="Url">Such as <c>http://127.0.0.1:7201/svc/kv</c>.</param>
    /// <param name="IsPrimary">Whether that is where the primary is.</param>
    /// <param name="Version">The version of the service that the client knows, and sends along; null if none.</param>
    internal sealed record Send(Uri Url, bool IsPrimary, long? Version) : RequestStep;

    /// <summary>Wait until something is heard of the cluster, at most so long.</summary>
    internal sealed record Wait(TimeSpan AtMost) : RequestStep;

    /// <summary>Give the last attempt's end to the caller.</summary>
    internal sealed record GiveUp : RequestStep;
}

/// <summary>
/// Decides for one request where it goes, whether it goes again, and when it waits. It goes to the primary, and while
/// that is not known or cannot be reached, to any node, which forwards it. Again it goes only if it cannot have taken
/// effect, or may be repeated: it is safe, or has a key.
/// </summary>
/// <param name="service">The service it is for.</param>
/// <param name="mayRepeat">Whether it may be sent again though it may have taken effect.</param>
/// <param name="until">Until when.</param>
/// <param name="endsWithPrimary">
/// Whether it ends when the primary that it was sent to is elsewhere, though it may not be repeated.
/// </param>
/// <param name="mutations">Rules that the simulator switches off.</param>
internal sealed class RequestPlan(
    string service,
    bool mayRepeat,
    TimeSpan until,
    bool endsWithPrimary = false,
    ClientMutation mutations = ClientMutation.None)
{
    /// <summary>The first pause after all nodes were tried in vain; each further one is twice as long.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a node that holds a request in place of the primary has to answer it when there is a new primary.
    /// </summary>
    public static readonly TimeSpan HolderPatience = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a node that is primary no more has for each further part of an answer that it is giving. It breaks the
    /// answer off itself, or lets it drain; unless it hangs.
    /// </summary>
    public static readonly TimeSpan StreamPatience = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _tried = [];
    private TimeSpan _pause = FirstPause;
    private long _failedVersion = -1;
    private bool _isGivenUp;
    private bool _isToPause;

    /// <summary>What to do next.</summary>
    public RequestStep Next(ClusterView view, TimeSpan now)
    {
        if (_isGivenUp || now >= until) return new RequestStep.GiveUp();
        var place = view.Find(service);
        var isNew = place is not null && place.Version > _failedVersion;
        if (isNew && place is { IsFrozen: false, Url: { } primary })
            return new RequestStep.Send(primary, true, place.Version);
        if (_isToPause) return Pause(now);
        foreach (var node in view.Nodes)
        {
            if (_tried.Contains(node.Authority)) continue;
            var url = new Uri(node, $"/svc/{Uri.EscapeDataString(service)}");
            return new RequestStep.Send(url, false, place?.Version);
        }

        return Pause(now);
    }

    /// <summary>
    /// An attempt has ended. Then ask for the next step; none follows what is to be given to the caller.
    /// </summary>
    /// <returns>Whether the request goes on.</returns>
    public bool Ended(RequestStep.Send attempt, AttemptEnd end, ClusterView view)
    {
        var isAgain = end switch
        {
            AttemptEnd.Answered => false,
            AttemptEnd.NotSent or AttemptEnd.Moved => true,
            _ => mayRepeat || (mutations & ClientMutation.UnsafeResend) != 0,
        };
        _isGivenUp = !isAgain;
        if (!isAgain) return false;
        _tried.Add(attempt.Url.Authority);

        // The node has held it for as long as it does: a little later another one may know more.
        _isToPause = end == AttemptEnd.Unavailable;
        if (attempt.IsPrimary && view.Find(service) is { } place && place.Url == attempt.Url)
            _failedVersion = place.Version;
        return true;
    }

    /// <summary>
    /// Whether an attempt that waits for its answer is to be given up: the primary is elsewhere now, and the node that
    /// was asked may never answer. A primary that could not be reached is none to go to.
    /// </summary>
    public bool HasMovedFrom(RequestStep.Send attempt, ClusterView view) =>
        (mayRepeat || (endsWithPrimary && attempt.IsPrimary))
        && view.Find(service) is { IsFrozen: false, Url: { } primary, Version: var version }
        && primary != attempt.Url
        && (attempt.IsPrimary || version > _failedVersion);

    /// <summary>
    /// How long such an attempt may still be answered. A primary that is none any more has no time; another node sends
    /// on by itself what it holds, which is sooner than asking anew, unless it hangs.
    /// </summary>
    public static TimeSpan PatienceWith(RequestStep.Send attempt) =>
        attempt.IsPrimary ? TimeSpan.Zero : HolderPatience;

    /// <summary>
    /// Whether an answer is read whole before the caller has it, so that the request goes on if it breaks off.
    /// </summary>
    /// <param name="contentLength">How long its body is, in bytes; null if that is not known.</param>
    /// <param name="isEndless">Whether it is read as it comes: a stream of events.</param>
    /// <param name="maxBytes">The longest body that is kept.</param>
    public bool ReadsWhole(long? contentLength, bool isEndless, int maxBytes) =>
        mayRepeat && !isEndless && contentLength > 0 && contentLength <= maxBytes;

    private RequestStep.Wait Pause(TimeSpan now)
    {
        var pause = _pause < until - now ? _pause : until - now;
        if (!_isToPause)
        {
            // All nodes were tried, the primary that failed among them: they may be tried again.
            _tried.Clear();
            _failedVersion = -1;
        }

        _isToPause = false;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return new RequestStep.Wait(pause);
    }
}
