using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>With what a primary began in a version.</summary>
/// <param name="Service">The service.</param>
/// <param name="Version">The version of its configuration.</param>
/// <param name="Position">The number of the last checkpoint in its log then; every in-sync provider has it.</param>
public readonly record struct Beginning(ServiceName Service, ConfigurationVersion Version, long Position);
