namespace Understudy;

/// <summary>How many providers a service wants, and what its updates survive.</summary>
public sealed class ServiceShape
{
    /// <summary>How many providers receive every checkpoint besides the primary. Default 2.</summary>
    public int Secondaries { get; set; } = ServiceConfiguration.DefaultSecondaries;

    /// <summary>How many nodes stand by without state. Default 1.</summary>
    public int Spares { get; set; } = ServiceConfiguration.DefaultSpares;

    /// <summary>What an acknowledged update survives. Default <see cref="Durability.Disk"/>.</summary>
    public Durability Durability { get; set; } = Durability.Disk;
}
