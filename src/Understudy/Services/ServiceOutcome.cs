namespace Understudy;

/// <summary>What handling a request gave.</summary>
/// <param name="Answer">For the client.</param>
/// <param name="Checkpoint">The change, for the other providers; empty if nothing changed.</param>
public readonly record struct ServiceOutcome(
    ReadOnlyMemory<byte> Answer, ReadOnlyMemory<byte> Checkpoint = default)
{
    /// <summary>Why it was refused without having changed anything; null, the default, if it was not.</summary>
    public string? Refusal { get; init; }

    /// <summary>The request is not for this service, or not for now. It must not have changed anything.</summary>
    /// <param name="why">What is told to the client.</param>
    public static ServiceOutcome Refuse(string why) => new() { Refusal = why };
}
