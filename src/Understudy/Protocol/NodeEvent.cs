using Understudy.Kernel;

namespace Understudy.Protocol;

/// <summary>What happened inside a node, for logs, timings and checkers.</summary>
public abstract record NodeEvent
{
    private NodeEvent()
    {
    }

    /// <summary>A member gave cause for an accusation, or said that it leaves.</summary>
    public sealed record Accused(MemberId Member, string Evidence, Epoch Epoch, bool HasLeft = false) : NodeEvent;

    /// <summary>This node proposes the next view.</summary>
    public sealed record ViewProposed(Epoch Epoch, string Change) : NodeEvent;

    /// <summary>This node has installed a view and is a member of it.</summary>
    public sealed record ViewInstalled(Membership.View View) : NodeEvent;

    /// <summary>This incarnation was evicted, perhaps because it had asked to leave.</summary>
    public sealed record Evicted(Epoch Epoch, bool HasLeft = false) : NodeEvent;

    /// <summary>A step of FIG 4, 6 or 7 was taken in selecting the RM's primary.</summary>
    public sealed record StepTaken(int Step, string What, Epoch Epoch) : NodeEvent;

    /// <summary>This node won the selection of the RM's primary (FIG 4) for a version.</summary>
    /// <param name="Version">The RM's version.</param>
    /// <param name="Lineage">Its lineage.</param>
    /// <param name="Epoch">The view in which it was won.</param>
    /// <param name="ConfirmedSince">
    /// When what confirmed the version was asked, on this node's clock, or null if nothing did.
    /// </param>
    public sealed record SelectionWon(
        ConfigurationVersion Version, Lineage Lineage, Epoch Epoch, TimeSpan? ConfirmedSince) : NodeEvent;

    /// <summary>
    /// This node's provider, a primary, marked another one joining: from now on commits and reads wait for that one.
    /// </summary>
    public sealed record JoiningMarked(ServiceName Service, ConfigurationVersion Version, MemberId Member) : NodeEvent;

    /// <summary>This node's provider became primary of a service in a version and serves.</summary>
    public sealed record PrimaryActivated(
        ServiceName Service, ConfigurationVersion Version, Lineage Lineage, Epoch Cause) : NodeEvent;

    /// <summary>This node's provider is no longer primary of a service.</summary>
    public sealed record PrimaryDeposed(ServiceName Service, ConfigurationVersion Version) : NodeEvent;

    /// <summary>This node adopted a service's configuration.</summary>
    public sealed record Configured(Replication.Configuration Configuration) : NodeEvent;

    /// <summary>The code of a service takes long.</summary>
    public sealed record ProviderSlowed(ServiceName Service, string Call, TimeSpan Since) : NodeEvent;

    /// <summary>The code of a service threw, or did not return in time; it is started anew.</summary>
    public sealed record ProviderFailed(ServiceName Service, ConfigurationVersion Version, string Reason) : NodeEvent;

    /// <summary>This node runs a worker from now on.</summary>
    public sealed record WorkerStarted(
        ServiceName Service, ConfigurationVersion Version, Lineage Lineage, Epoch Cause) : NodeEvent;

    /// <summary>A worker has ended on this node.</summary>
    public sealed record WorkerStopped(ServiceName Service, ConfigurationVersion Version, string Why) : NodeEvent;

    /// <summary>An audit that this node's primary made has ended; an alarm if a state differs.</summary>
    public sealed record Audited(ServiceName Service, Replication.Protocol.AuditResult Result) : NodeEvent;

    /// <summary>The fence of an evicted member has passed on this node: its view lease can no longer run.</summary>
    public sealed record FencePassed(MemberId Member) : NodeEvent;

    /// <summary>Something needs an operator's eye.</summary>
    public sealed record Alarm(string Text) : NodeEvent;

    /// <summary>Something worth a line in the log.</summary>
    public sealed record Noted(string Text) : NodeEvent;
}
