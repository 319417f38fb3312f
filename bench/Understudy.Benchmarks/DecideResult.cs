using System.Globalization;
using System.Text.Json;

namespace Understudy.Benchmarks;

/// <summary>What decisions on the loss of a node cost.</summary>
/// <param name="Services">How many services there are.</param>
/// <param name="Nodes">How many nodes there were.</param>
/// <param name="Changed">How many services had a provider on the lost node, at most.</param>
/// <param name="DecidingMilliseconds">The CPU time of deciding, in the mean.</param>
/// <param name="MostDecidingMilliseconds">The same, at most.</param>
/// <param name="OrderingMilliseconds">The CPU time of making the orders and their bytes, in the mean.</param>
/// <param name="CheckpointBytes">How long the registry's checkpoint is, at most.</param>
/// <param name="OrderBytes">How long an order is, at most, in all its parts.</param>
/// <param name="SpreadBefore">The most primaries on a node less the fewest, before the loss.</param>
/// <param name="SpreadAfter">The same, after it, at most.</param>
internal sealed record DecideResult(
    int Services,
    int Nodes,
    int Changed,
    double DecidingMilliseconds,
    double MostDecidingMilliseconds,
    double OrderingMilliseconds,
    int CheckpointBytes,
    int OrderBytes,
    int SpreadBefore,
    int SpreadAfter)
{
    public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.DecideResult);

    public override string ToString()
    {
        FormattableString text =
            $"""
            {Services} services on {Nodes} nodes, one of them lost:
              deciding takes {DecidingMilliseconds:0.0} ms of CPU, at most {MostDecidingMilliseconds:0.0} ms
              ordering takes {OrderingMilliseconds:0.0} ms, the bytes for every node included
              {Changed} services change, in one checkpoint of {CheckpointBytes >> 10} KB
              one order per node, of {OrderBytes >> 10} KB
              primaries per node differ by {SpreadBefore} before and {SpreadAfter} after
            """;
        return text.ToString(CultureInfo.InvariantCulture);
    }
}
