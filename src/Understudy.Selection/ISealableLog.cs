using Understudy.Kernel;

namespace Understudy.Selection;

/// <summary>Where a replica's log ends.</summary>
public readonly record struct LogPosition(ConfigurationVersion ReplicaEpoch, long LastSequence);

/// <summary>The registry's log, as far as selection needs it.</summary>
public interface ISealableLog
{
    /// <summary>Promises to accept nothing from a configuration older than this, and says where the log ends.</summary>
    LogPosition Seal(ConfigurationVersion version);

    /// <summary>Where the log ends now.</summary>
    LogPosition Position { get; }
}
