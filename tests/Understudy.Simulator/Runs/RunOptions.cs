using Understudy.Kernel;

namespace Understudy.Simulator;

/// <summary>What a run of many seeds is asked for.</summary>
public sealed record RunOptions
{
    /// <summary>How many seeds to run.</summary>
    public int Seeds { get; init; } = 100;

    /// <summary>The first of them.</summary>
    public ulong First { get; init; } = 1;

    /// <summary>How long faults strike in each, in simulated time; a fault-free tail follows.</summary>
    public TimeSpan FaultTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The rules that are switched off.</summary>
    public Mutation Mutations { get; init; }

    /// <summary>True to run no further seeds once one has failed.</summary>
    public bool StopsAtFirst { get; init; }

    /// <summary>True to print everything that happens.</summary>
    public bool IsTraced { get; init; }

    /// <summary>True to print the result as one JSON object.</summary>
    public bool IsJson { get; init; }

    /// <summary>How many seeds run at once.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
