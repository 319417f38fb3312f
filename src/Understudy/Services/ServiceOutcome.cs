namespace Understudy;

/// <summary>What handling a request gave.</summary>
/// <param name="Answer">For the client.</param>
/// <param name="Checkpoint">The change, for the other providers; empty if nothing changed.</param>
public readonly record struct ServiceOutcome(ReadOnlyMemory<byte> Answer, ReadOnlyMemory<byte> Checkpoint = default);
