namespace Understudy;

/// <summary>How many providers a service wants, and what its updates survive.</summary>
public sealed class ServiceShape
{
    /// <summary>How many providers receive every checkpoint besides the primary. Default 2.</summary>
    public int Secondaries { get; set; } = ServiceConfiguration.DefaultSecondaries;

    /// <summary>How many nodes stand by without state. Default 1.</summary>
    public int Spares { get; set; } = ServiceConfiguration.DefaultSpares;

    /// <summary>
    /// With fewer in-sync providers than these, the primary among them, writes wait. Default 1; at most one more than
    /// <see cref="Secondaries"/>.
    /// </summary>
    public int MinInSync { get; set; } = 1;

    /// <summary>What happens when no in-sync copy is left. Default <see cref="TotalLoss.Wait"/>.</summary>
    public TotalLoss TotalLoss { get; set; }

    /// <summary>
    /// How often failed code is started anew in place within <see cref="RestartWindow"/>, before its service is moved
    /// to another node. Default 1.
    /// </summary>
    public int Restarts { get; set; } = 1;

    /// <summary>How long a failure counts. Default 10 minutes.</summary>
    public TimeSpan RestartWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What an acknowledged update survives. Default <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; set; } = Durability.Disk;
}
