namespace Understudy.Benchmarks;

/// <summary>What to measure of bringing a provider up.</summary>
/// <param name="Megabytes">How large the service's state is.</param>
/// <param name="Clients">How many callers commit within the primary's process meanwhile.</param>
/// <param name="IsDurable">Whether an acknowledged write is on disk.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
internal sealed record TransferOptions(int Megabytes, int Clients, bool IsDurable, bool Json);
