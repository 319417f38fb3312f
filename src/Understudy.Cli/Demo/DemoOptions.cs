using Understudy.Kernel;

namespace Understudy.Cli.Demo;

/// <summary>What the user asked the demo for.</summary>
internal sealed record DemoOptions
{
    /// <summary>The fewest nodes: of two, one could not go on alone, and one has no understudy.</summary>
    public const int FewestNodes = 3;

    public const int MostNodes = 16;

    public const int MostClients = 64;

    public int Nodes { get; init; } = 4;

    public int Rounds { get; init; } = 5;

    public int Clients { get; init; } = 4;

    public Fault Fault { get; init; } = Fault.Kill;

    public Profile Profile { get; init; } = Profile.Lan;

    public Durability Durability { get; init; } = Durability.Disk;

    /// <summary>Leave data and logs.</summary>
    public bool Keep { get; init; }

    /// <summary>End with the summary as one JSON object.</summary>
    public bool Json { get; init; }

    /// <summary>The program whose command <c>node</c> is a node; null for the running one.</summary>
    public IReadOnlyList<string>? Program { get; init; }

    /// <summary>As in FIG 1: two secondaries, and every further node a spare.</summary>
    public int Secondaries => Math.Min(2, Nodes - 1);

    public int Spares => Nodes - 1 - Secondaries;

    /// <summary>How long the demo waits for the wanted shape before it gives up.</summary>
    public TimeSpan ShapePatience => TimeSpan.FromSeconds(60) + (20 * Profile.Silence);

    /// <summary>How long a client's request is tried before its outcome counts as unknown.</summary>
    public TimeSpan RequestPatience => ShapePatience / 2;
}
