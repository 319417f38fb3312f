using Understudy.Kernel;
using Understudy.Replication;
using Understudy.Replication.Protocol;

namespace Understudy.Protocol;

/// <summary>This node's provider of one service.</summary>
internal sealed class HostedService(ServiceDefinition definition, Replica replica, Lineage lineage, ServiceName stream)
{
    /// <summary>As last ordered; its name, kind and durability never change.</summary>
    public ServiceDefinition Definition { get; set; } = definition;

    public Replica Replica { get; private set; } = replica;

    /// <summary>The lineage of its copy; 0 before the first.</summary>
    public Lineage Lineage { get; private set; } = lineage;

    /// <summary>The name of that lineage's checkpoints on the wire and on disk.</summary>
    public ServiceName Stream { get; private set; } = stream;

    /// <summary>The latest configuration that this node adopted, or null.</summary>
    public Configuration? Configuration { get; set; }

    /// <summary>With what this node's primary began in its version, until the RM has noted it; else null.</summary>
    public Beginning? Beginning { get; set; }

    /// <summary>Why this node's copy is worth nothing, or null.</summary>
    public LeaveReason? VoidFor { get; set; }

    /// <summary>Whether this incarnation has reported that.</summary>
    public bool IsDamageReported { get; set; }

    /// <summary>What came of the last audit that it made as primary.</summary>
    public AuditResult? AuditResult { get; set; }

    /// <summary>The stream on disk that is damaged, if that is why.</summary>
    public ServiceName VoidStream { get; set; }

    /// <summary>Its copy is one of this lineage from now on.</summary>
    public void BeginLineage(Lineage next, ServiceName nextStream, Replica nextReplica) =>
        (Lineage, Stream, Replica) = (next, nextStream, nextReplica);

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
