namespace Understudy.Replication;

/// <summary>When a node that comes and goes is not relied on any more.</summary>
/// <param name="Exits">How often it has left the view without having said so.</param>
/// <param name="Within">In how long, of the RM's time.</param>
public sealed record QuarantineRule(int Exits, TimeSpan Within)
{
    /// <summary>Three times in an hour.</summary>
    public static readonly QuarantineRule Default = new(3, TimeSpan.FromHours(1));

    /// <summary>However often it leaves: for who makes nodes leave to see what happens.</summary>
    public static readonly QuarantineRule Never = new(int.MaxValue, TimeSpan.Zero);
}
