using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>This node's provider of one service.</summary>
internal sealed class HostedService(ServiceDefinition definition, Replica replica)
{
    /// <summary>As last ordered; its name, kind and durability never change.</summary>
    public ServiceDefinition Definition { get; set; } = definition;

    public Replica Replica { get; } = replica;

    /// <summary>The latest configuration that this node adopted, or null.</summary>
    public Configuration? Configuration { get; set; }

    public bool IsPrimary => Replica.IsPrimary;

    /// <summary>How often its code failed in this incarnation, and what it said last.</summary>
    public long Failures { get; set; }

    public string LastError { get; set; } = "";

    /// <summary>How many of these the RM has counted, as its orders show.</summary>
    public long FailuresCounted { get; set; }

    /// <summary>When the RM was last told of them.</summary>
    public TimeSpan FailuresToldAt { get; set; }

    /// <summary>When its code, which failed, is started anew; null while it runs.</summary>
    public TimeSpan? StartAnewAt { get; set; }
}
