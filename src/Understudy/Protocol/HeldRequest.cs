namespace Understudy.Protocol;

/// <summary>A client's request, or an operator's command, that its gateway has not answered yet.</summary>
/// <param name="number">The router's name of it.</param>
/// <param name="asked">What was asked.</param>
/// <param name="deadline">When it is answered as unavailable.</param>
internal sealed class HeldRequest(long number, NodeInput.Requested asked, TimeSpan deadline)
{
    private const int MostShortBytes = 16 * 1024;

    public long Number { get; } = number;

    public NodeInput.Requested Asked { get; } = asked;

    public TimeSpan Deadline { get; } = deadline;

    /// <summary>When it was last sent to the primary that there is; null while it is held.</summary>
    public TimeSpan? SentAt { get; set; }

    /// <summary>
    /// How many copies of it were sent to other nodes, or taken by this one's provider: each may have been carried
    /// out, or may be yet. A node that says that it is not the primary may have been when it took one, so its word ends
    /// none.
    /// </summary>
    public int Copies { get; set; }

    /// <summary>How often it was sent again to the primary that there is.</summary>
    public int Resends { get; set; }

    /// <summary>The bytes of its body if those are many, else 0.</summary>
    public int LongBytes => Asked.Body.Length > MostShortBytes ? Asked.Body.Length : 0;
}
