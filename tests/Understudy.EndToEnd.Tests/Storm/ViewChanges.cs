using System.Globalization;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>When nodes installed views, as their logs say: a slow machine makes faults that no test made.</summary>
internal sealed class ViewChanges(RealCluster cluster)
{
    private const string Installed = " info 203 ";

    /// <summary>What was cut and what cut it are noticed one after the other.</summary>
    private static readonly TimeSpan _slack = TimeSpan.FromSeconds(1);

    private readonly DateTime[] _at = [.. cluster.Nodes.Values
        .SelectMany(node => node.Log.Split('\n'))
        .Where(line => line.Contains(Installed, StringComparison.Ordinal))
        .Select(line => DateTime.Parse(
            line.Split(' ')[0], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal))];

    /// <summary>Whether one was installed while the change was under way.</summary>
    public bool Explain(StormCut cut) => _at.Any(at => at >= cut.AskedAt - _slack && at <= cut.CutAt + _slack);
}
