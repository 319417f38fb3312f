namespace Understudy.Protocol;

/// <summary>What happened to the requests for a service's program on this node.</summary>
internal abstract record HttpInput
{
    private HttpInput()
    {
    }

    /// <summary>Time has passed.</summary>
    public sealed record Tick : HttpInput
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>The node knows something new, or its lease lasts longer.</summary>
    public sealed record Learned(BackendRoute Route) : HttpInput;

    /// <summary>A client asks; requests are numbered as they come.</summary>
    /// <param name="Request">Its number.</param>
    /// <param name="MayRepeat">Whether it may be sent again when its outcome is not known.</param>
    public sealed record Arrived(long Request, bool MayRepeat) : HttpInput;

    /// <summary>There is a connection for it, and nothing of it has been sent yet.</summary>
    public sealed record Connected(long Request) : HttpInput;

    /// <summary>Nothing of it has reached a backend.</summary>
    public sealed record NotTaken(long Request) : HttpInput;

    /// <summary>It was sent and not answered.</summary>
    public sealed record Broken(long Request) : HttpInput;

    /// <summary>It is answered, or its client has gone.</summary>
    public sealed record Ended(long Request) : HttpInput;
}
