namespace Understudy.Protocol;

/// <summary>What happened to a service's TCP connections on this node.</summary>
internal abstract record TcpInput
{
    private TcpInput()
    {
    }

    /// <summary>Time has passed.</summary>
    public sealed record Tick : TcpInput
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>The node knows something new, or its lease lasts longer.</summary>
    public sealed record Learned(BackendRoute Route) : TcpInput;

    /// <summary>A client connected; connections are numbered as they come.</summary>
    public sealed record Accepted(long Connection) : TcpInput;

    /// <summary>The backend took what <see cref="TcpEffect.Connect"/> asked for.</summary>
    public sealed record Connected(long Connection, long Attempt) : TcpInput;

    /// <summary>The backend refused it, or could not be reached.</summary>
    public sealed record ConnectFailed(long Connection, long Attempt) : TcpInput;

    /// <summary>A spliced connection came to its end.</summary>
    public sealed record Ended(long Connection) : TcpInput;

    /// <summary>The node stops: take no more, and let those that are open drain.</summary>
    public sealed record StopRequested : TcpInput;
}
