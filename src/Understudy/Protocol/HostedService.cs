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

    /// <summary>Why this node's copy is worth nothing, or null.</summary>
    public LeaveReason? VoidFor { get; set; }

    /// <summary>Whether this incarnation has reported that.</summary>
    public bool IsDamageReported { get; set; }

    /// <summary>What came of the last audit that it made as primary.</summary>
    public AuditResult? AuditResult { get; set; }

    public bool IsPrimary => Replica.IsPrimary;

    /// <summary>How often its code failed lately.</summary>
    public int Failures { get; set; }

    public TimeSpan? FailedAt { get; set; }

    /// <summary>When its code, which failed, is started anew; null while it runs.</summary>
    public TimeSpan? StartAnewAt { get; set; }
}
