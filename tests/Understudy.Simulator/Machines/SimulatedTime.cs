namespace Understudy.Simulator.Machines;

/// <summary>
/// A node's own monotonic clock, as its services' executors read it. It counts from when the machine was switched on,
/// which no two machines have in common.
/// </summary>
internal sealed class SimulatedTime(SimulatedCluster cluster, SimulatedNode node) : TimeProvider
{
    private readonly long _switchedOn = (1 + node.Index) * TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _switchedOn + node.Clock.Read(cluster.Now);
}
