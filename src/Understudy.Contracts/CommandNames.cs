namespace Understudy.Contracts;

/// <summary>What can be asked for: <see cref="CommandDocument.Command"/>.</summary>
public static class CommandNames
{
    /// <summary>A new <c>service</c> of a <c>kind</c>.</summary>
    public const string AddService = "addService";

    /// <summary>Other wishes for a <c>service</c>; what is not given stays.</summary>
    public const string ChangeService = "changeService";

    /// <summary>A <c>service</c> ends, and its state is deleted.</summary>
    public const string RemoveService = "removeService";

    /// <summary>A <c>node</c> may have a provider of a <c>service</c> again.</summary>
    public const string AddProvider = "addProvider";

    /// <summary>A <c>node</c> shall have no provider of a <c>service</c>.</summary>
    public const string RemoveProvider = "removeProvider";

    /// <summary>A <c>service</c>'s primary moves, losing nothing: to a <c>node</c>, or to the best.</summary>
    public const string Switchover = "switchover";

    /// <summary>Gives the switchover of a <c>service</c> up.</summary>
    public const string Abort = "abort";

    /// <summary>A <c>service</c>'s primary moves at once, with <c>acceptLoss</c>.</summary>
    public const string Failover = "failover";

    /// <summary>A <c>node</c> gets nothing new, and its services are moved away.</summary>
    public const string Drain = "drain";

    /// <summary>A <c>node</c> takes part again.</summary>
    public const string Undrain = "undrain";

    /// <summary>A quarantined <c>node</c> takes part again.</summary>
    public const string Release = "release";

    /// <summary>
    /// A <c>service</c> all of whose in-sync copies are gone goes on without them, with <c>acceptLoss</c>: from the
    /// copy on a <c>node</c>, or empty.
    /// </summary>
    public const string Recover = "recover";

    /// <summary>Nothing is placed or moved, of a <c>service</c> or of the whole cluster.</summary>
    public const string Hold = "hold";

    /// <summary>Ends a hold, of a <c>service</c> or of the whole cluster.</summary>
    public const string Resume = "resume";

    /// <summary>The providers of a <c>service</c> compare their states.</summary>
    public const string Audit = "audit";
}
