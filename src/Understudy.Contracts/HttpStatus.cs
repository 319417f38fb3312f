namespace Understudy.Contracts;

/// <summary>What the answering node does with the requests for one service's own program.</summary>
public sealed record HttpStatus
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>How many are at the primary's program, or on their way there.</summary>
    public required int Forwarded { get; init; }

    /// <summary>How many wait until there is a primary whose program takes them.</summary>
    public required int Held { get; init; }

    /// <summary>
    /// How many, since the node started, no primary took in time, or had no answer when the connection to the program
    /// broke or was cut, or were for no service. Those over a bound are in <see cref="RequestsStatus.Refused"/>.
    /// </summary>
    public required long Refused { get; init; }
}
