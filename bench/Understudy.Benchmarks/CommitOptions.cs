namespace Understudy.Benchmarks;

/// <summary>What to measure of commits.</summary>
/// <param name="ViaHttp">Whether clients of another process write to kv; otherwise callers in the primary's.</param>
/// <param name="IsDurable">Whether an acknowledged write is on disk.</param>
/// <param name="Clients">How many clients or callers, each with one write under way.</param>
/// <param name="Duration">How long to measure.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
/// <param name="Beside">Whether etcd and Redis are put under the same load, where they are installed.</param>
internal sealed record CommitOptions(
    bool ViaHttp, bool IsDurable, int Clients, TimeSpan Duration, bool Json, bool Beside = false);
