namespace Understudy.Replication.Protocol;

/// <summary>
/// What a primary says in a checkpoint that remembers an idempotency key, so that every provider forgets the same keys
/// at the same checkpoint (agreement.md 4.9).
/// </summary>
/// <param name="Age">
/// The age of the stream: what its primaries have measured of time, each while it was primary, one after the other.
/// </param>
/// <param name="Forgotten">How many of the oldest keys are forgotten there.</param>
public readonly record struct KeyStamp(TimeSpan Age, int Forgotten);
