using System.Globalization;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>How large a storm is: small by default, and as the environment says.</summary>
/// <param name="Clients">So many over the gateways, and so many over the client library.</param>
/// <param name="Faults">How many.</param>
/// <param name="Seed">Draws the faults and what the clients do.</param>
/// <param name="Profile">The cluster's.</param>
internal sealed record StormOptions(int Clients, int Faults, int Seed, string Profile)
{
    /// <summary>What a client calls an error if it has no answer by then.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client thinks between two operations, on average: together they ask for some 1,000 in a second.
    /// </summary>
    public TimeSpan Think => TimeSpan.FromMilliseconds(2.0 * Clients);

    /// <summary>Small, unless the environment says more.</summary>
    public static StormOptions FromEnvironment() => new(
        Number("UNDERSTUDY_STORM_CLIENTS", 100),
        Number("UNDERSTUDY_STORM_FAULTS", 6),
        Number("UNDERSTUDY_STORM_SEED", 1842),
        Environment.GetEnvironmentVariable("UNDERSTUDY_STORM_PROFILE") ?? "lan");

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : otherwise;
}
