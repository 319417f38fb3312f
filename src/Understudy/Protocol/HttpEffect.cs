using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>What is to be done with the requests for a service's program, in order.</summary>
internal abstract record HttpEffect
{
    private HttpEffect()
    {
    }

    /// <summary>
    /// Forward it to the backend on this node, say when there is a connection for it, and say once what came of it:
    /// <see cref="HttpInput.NotTaken"/>, <see cref="HttpInput.Broken"/> or <see cref="HttpInput.Ended"/>.
    /// </summary>
    public sealed record Forward(long Request, NodeId Node) : HttpEffect;

    /// <summary>
    /// Take it back from its backend: send nothing more of it, break its answer off if that has begun (not end it), and
    /// say what came of it.
    /// </summary>
    public sealed record Cut(long Request) : HttpEffect;

    /// <summary>Tell its client that it is not answered, and why. Nothing more is said of it.</summary>
    public sealed record Refuse(long Request, HttpRefusal Why) : HttpEffect;
}

/// <summary>Why a request is not answered.</summary>
internal enum HttpRefusal
{
    /// <summary>There is no such service.</summary>
    UnknownService,

    /// <summary>There was no primary that might take it in time.</summary>
    Late,

    /// <summary>The program at the primary took no connection in time.</summary>
    NoConnection,

    /// <summary>The program broke the connection each time.</summary>
    Broken,

    /// <summary>It was sent, and may not be sent again.</summary>
    Unknown,
}
