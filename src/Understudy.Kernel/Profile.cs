namespace Understudy.Kernel;

/// <summary>All timings of a cluster, from one knob. Every node of a cluster uses the same profile.</summary>
/// <param name="Name">How the configuration file names it.</param>
/// <param name="Silence">How long a member may be silent before it is accused.</param>
/// <param name="Heartbeat">How often a node sends heartbeats.</param>
public sealed record Profile(string Name, TimeSpan Silence, TimeSpan Heartbeat)
{
    /// <summary>The greatest error of a running clock's rate that leases allow for (agreement.md 2.1).</summary>
    public const double ClockRateError = 0.01;

    public static readonly Profile Lan = new("lan", TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100));
    public static readonly Profile Fast = new("fast", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(20));
    public static readonly Profile Wan = new("wan", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));

    public static IReadOnlyList<Profile> All { get; } = [Lan, Fast, Wan];

    /// <summary>
    /// How far a provider may be behind: 5 s with <c>lan</c>, 1 s with <c>fast</c>, 50 s with <c>wan</c>.
    /// </summary>
    public LagBounds Lag { get; init; } = LagBounds.After(Silence * 10);

    /// <summary>How snapshots are sent: at most 400 MB/s, whatever the profile.</summary>
    public TransferBounds Transfer { get; init; } = TransferBounds.Default;

    /// <summary>
    /// The same, but snapshots are sent no faster than so many megabytes of 1,048,576 bytes a second.
    /// </summary>
    public Profile WithTransferRate(int megabytesPerSecond) =>
        this with { Transfer = Transfer with { BytesPerSecond = (long)megabytesPerSecond << 20 } };

    /// <summary>How often the node loop is ticked.</summary>
    public TimeSpan Tick => Heartbeat / 4;

    /// <summary>How long a view lease lasts, counted from the sending of the heartbeat that a voter granted.</summary>
    public TimeSpan Lease => Silence * (1 - 2 * ClockRateError);

    /// <summary>So long before a lease ends, a primary's code is told to stop, if the lease is not renewed.</summary>
    public TimeSpan LeaseMargin => Heartbeat;

    /// <summary>So long before a lease ends a worker is told to stop: its code needs time to end.</summary>
    public TimeSpan WorkerMargin => Heartbeat * 2;

    /// <summary>A call of a service's code that takes longer is reported.</summary>
    public TimeSpan SlowCall => Silence * 2;

    /// <summary>A call of a service's code that takes longer has failed; loading a whole state too.</summary>
    public TimeSpan CallLimit => TimeSpan.FromTicks(Math.Max(TimeSpan.FromSeconds(30).Ticks, (Silence * 20).Ticks));

    /// <summary>How long a voter honours a grant on its own clock: the lease and the clocks' greatest error.</summary>
    public TimeSpan Grant => Lease * (1 + ClockRateError);

    /// <summary>
    /// How long a broken link between two voters may last before the best connected set goes on alone.
    /// </summary>
    public TimeSpan FullConnectivity => Silence * 3;

    /// <summary>How long the next proposer in line waits for the one before it.</summary>
    public TimeSpan Stagger => TimeSpan.FromTicks(Math.Min(TimeSpan.FromMilliseconds(15).Ticks, (Heartbeat / 2).Ticks));
}
