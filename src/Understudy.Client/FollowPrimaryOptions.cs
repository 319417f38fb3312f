namespace Understudy.Client;

/// <summary>How a client that follows a primary behaves.</summary>
public sealed class FollowPrimaryOptions
{
    /// <summary>
    /// How long a request is tried until its last failure is given to the caller. Default 30 s. The client's own
    /// <see cref="HttpClient.Timeout"/> and a cancelled token end it earlier.
    /// </summary>
    public TimeSpan HoldFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether a request that may change something and has no <c>Idempotency-Key</c> is given one, so that it may be
    /// sent again. Default true. Turn it off for endpoints outside turns, which know no keys.
    /// </summary>
    public bool AddKeys { get; set; } = true;

    /// <summary>
    /// The longest body that is kept to be sent again, in bytes. Default 1 MB, as much as a turn takes. Also the
    /// longest answer that is read whole before the caller has it, so that a request that may be repeated goes on when
    /// its answer breaks off; it has to come with its <c>Content-Length</c>.
    /// </summary>
    public int MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>
    /// How many requests may be under way or wait at a time; more fail at once. Default 10,000. With
    /// <see cref="MaxBodyBytes"/> it bounds the memory.
    /// </summary>
    public int MaxRequests { get; set; } = 10_000;
}
