using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Protocol;

/// <summary>This node's part in one exclusive service.</summary>
internal sealed class HostedWorker(ServiceDefinition definition)
{
    /// <summary>As last ordered.</summary>
    public ServiceDefinition Definition { get; set; } = definition;

    /// <summary>The latest configuration that this node adopted; null once the service is removed.</summary>
    public Configuration? Configuration { get; set; }

    /// <summary>When this node adopted that.</summary>
    public TimeSpan AdoptedAt { get; set; }

    /// <summary>The number of the latest run.</summary>
    public long Run { get; set; }

    /// <summary>The version in which that one was begun.</summary>
    public ConfigurationVersion RunVersion { get; set; }

    /// <summary>Whether it was ordered and did not end yet.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Whether it was told to stop.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Whether the worker returned by itself in the present version.</summary>
    public bool IsDone { get; set; }

    /// <summary>When the RM was last told that nothing runs here.</summary>
    public TimeSpan? VacatedAt { get; set; }

    /// <summary>How often it failed in this incarnation.</summary>
    public long Failures { get; set; }

    /// <summary>How many of these the RM is known to have counted.</summary>
    public long FailuresCounted { get; set; }

    /// <summary>When the RM was last told of them.</summary>
    public TimeSpan FailuresToldAt { get; set; }

    /// <summary>What the last failure said, cut.</summary>
    public string LastError { get; set; } = "";

    /// <summary>When it may be begun again after a failure; null if there was none.</summary>
    public TimeSpan? StartAnewAt { get; set; }
}
