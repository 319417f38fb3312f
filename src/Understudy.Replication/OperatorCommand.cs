using Understudy.Kernel;

namespace Understudy.Replication;

/// <summary>What an operator may ask the RM for. <see cref="object.ToString"/> gives it in words.</summary>
public abstract record OperatorCommand
{
    private OperatorCommand()
    {
    }

    /// <summary>
    /// The replica manager itself, as the service of a <see cref="Switchover"/> or an <see cref="Abort"/>. No service
    /// can have this name.
    /// </summary>
    public static readonly ServiceName Rm = Protocol.Registry.Name;

    /// <summary>A new service.</summary>
    public sealed record AddService(ServiceDefinition Definition) : OperatorCommand
    {
        public override string ToString() => $"add service {Definition.Name}";
    }

    /// <summary>Other wishes for a service; its kind and its durability stay.</summary>
    public sealed record ChangeService(ServiceDefinition Definition) : OperatorCommand
    {
        public override string ToString() => $"change service {Definition.Name}";
    }

    /// <summary>The service ends and its state is deleted.</summary>
    public sealed record RemoveService(ServiceName Service) : OperatorCommand
    {
        public override string ToString() => $"remove service {Service}";
    }

    /// <summary>A node may have a provider of the service again.</summary>
    public sealed record AddProvider(ServiceName Service, NodeId Node) : OperatorCommand
    {
        public override string ToString() => $"add the provider of {Service} on {Node}";
    }

    /// <summary>A node shall have no provider of the service; a primary there is switched over first.</summary>
    public sealed record RemoveProvider(ServiceName Service, NodeId Node) : OperatorCommand
    {
        public override string ToString() => $"remove the provider of {Service} on {Node}";
    }

    /// <summary>A planned change of primary, losing nothing.</summary>
    /// <param name="Service">The service; the services it must be with move too. Or <see cref="Rm"/>.</param>
    /// <param name="Target">The node, or null for the best.</param>
    public sealed record Switchover(ServiceName Service, NodeId? Target) : OperatorCommand
    {
        public override string ToString() => $"switch {Service} over to {Target?.Value ?? "the best node"}";
    }

    /// <summary>
    /// Gives up a switchover whose new primary was not ordered yet; the RM's own until its view is asked for.
    /// </summary>
    public sealed record Abort(ServiceName Service) : OperatorCommand
    {
        public override string ToString() => $"abort the switchover of {Service}";
    }

    /// <summary>A change of primary at once, without waiting for the old one.</summary>
    /// <param name="Service">The service; the services it must be with move too.</param>
    /// <param name="AcceptsLoss">The operator was told what may be lost, and agrees.</param>
    public sealed record Failover(ServiceName Service, bool AcceptsLoss) : OperatorCommand
    {
        public override string ToString() => $"fail {Service} over";
    }

    /// <summary>The node's services are moved away, and it gets nothing new.</summary>
    public sealed record Drain(NodeId Node) : OperatorCommand
    {
        public override string ToString() => $"drain {Node}";
    }

    /// <summary>The node takes part again.</summary>
    public sealed record Undrain(NodeId Node) : OperatorCommand
    {
        public override string ToString() => $"undrain {Node}";
    }

    /// <summary>A node that was quarantined takes part again.</summary>
    public sealed record Release(NodeId Node) : OperatorCommand
    {
        public override string ToString() => $"release {Node}";
    }

    /// <summary>
    /// A service all of whose in-sync providers are gone goes on without them, in a new lineage. What is lost is lost.
    /// </summary>
    /// <param name="Service">The service.</param>
    /// <param name="From">The node whose copy it goes on from; null to begin empty.</param>
    /// <param name="AcceptsLoss">The operator was told what is lost, and agrees.</param>
    public sealed record Recover(ServiceName Service, NodeId? From, bool AcceptsLoss) : OperatorCommand
    {
        public override string ToString() => $"recover {Service}{(From is { } node ? $" from {node}" : "")}";
    }

    /// <summary>Nothing is placed or moved until it is resumed; failovers are still done.</summary>
    /// <param name="Service">The service, or null for the whole cluster.</param>
    public sealed record Hold(ServiceName? Service) : OperatorCommand
    {
        public override string ToString() => $"hold {Service?.Value ?? "the cluster"}";
    }

    /// <summary>The states of the service's providers are compared at a checkpoint.</summary>
    public sealed record Audit(ServiceName Service) : OperatorCommand
    {
        public override string ToString() => $"audit {Service}";
    }

    /// <summary>Ends a hold.</summary>
    /// <param name="Service">The service, or null for the whole cluster.</param>
    public sealed record Resume(ServiceName? Service) : OperatorCommand
    {
        public override string ToString() => $"resume {Service?.Value ?? "the cluster"}";
    }
}
