using Understudy.Kernel;

namespace Understudy.Simulator.Machines;

/// <summary>One run of a worker in a simulated process.</summary>
/// <param name="Key">Names it within the process.</param>
/// <param name="Service">The exclusive service.</param>
/// <param name="Version">The version in which it was begun.</param>
/// <param name="Life">The node's life that ordered it.</param>
/// <param name="Number">The run's number there.</param>
internal sealed record SimulatedRun(
    long Key, ServiceName Service, ConfigurationVersion Version, long Life, long Number)
{
    /// <summary>Whether its code runs: it may act at any moment.</summary>
    public bool IsActive { get; set; }

    public bool IsCancelled { get; set; }
}
