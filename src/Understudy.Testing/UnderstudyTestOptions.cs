using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Kernel;

namespace Understudy.Testing;

/// <summary>What may be chosen about a test cluster. Its nodes are never quarantined, however often they go.</summary>
/// <example>
/// <code>
/// UnderstudyTestCluster.Run(
///     new UnderstudyTestOptions { Nodes = 5, Seeds = 100 },
///     understudy =&gt; understudy.AddService&lt;Shop&gt;("shop"),
///     async cluster =&gt; { ... });
/// </code>
/// </example>
public sealed record UnderstudyTestOptions
{
    /// <summary>The environment variable that, if set, is the only seed that tests are run with.</summary>
    public const string SeedVariable = "UNDERSTUDY_SEED";

    /// <summary>How many nodes there are, named n1, n2 and so on; 1 to 32. The first nine vote. Default 3.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>
    /// What everything that is left to chance is drawn from: how long messages and flushes take, which of two things
    /// comes first. The same seed gives the same history. Default 1.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// How often the test is run: with <see cref="Seed"/>, the next seed, and so on; each is another history. It stops
    /// at the first that fails. Default 1.
    /// </summary>
    public int Seeds { get; init; } = 1;

    /// <summary>All timings. Default <see cref="Profile.Lan"/>.</summary>
    public Profile Profile { get; init; } = Profile.Lan;

    /// <summary>
    /// How long the test may take in the cluster's own time, beside what it lets pass by
    /// <see cref="UnderstudyTestCluster.AdvanceAsync"/>. Default 10 minutes; they pass in a second or two.
    /// </summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long one seed may take by the real clock. It is reached when code waits where it must not: by
    /// <c>.Result</c>, <c>.Wait()</c> or a lock. Default 1 minute; not observed under a debugger.
    /// </summary>
    public TimeSpan RealTimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Adds what the constructors of services ask for, once for every start of a node; the string is the node's id.
    /// <see cref="TimeProvider"/>, <see cref="IUnderstudyNode"/>, <see cref="IUnderstudyAdmin"/> and loggers that write
    /// nothing are there.
    /// </summary>
    public Action<string, IServiceCollection>? ConfigureServices { get; init; }

    internal IEnumerable<ulong> SeedsToRun()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } text)
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var only)
                ? [only]
                : throw new InvalidOperationException($"{SeedVariable} is \"{text}\"; it must be a whole number.");
        }

        return Enumerable.Range(0, Seeds).Select(i => Seed + (ulong)i);
    }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Nodes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Nodes, 32);
        ArgumentOutOfRangeException.ThrowIfLessThan(Seeds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TimeLimit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RealTimeLimit, TimeSpan.Zero);
    }
}
