using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Understudy.Cli.Demo;

/// <summary>What a node costs: the greatest over all nodes.</summary>
internal sealed record NodeCost(double IdleCpuPercent, double RssMegabytes);

/// <summary>How many requests the clients made, and how many of them ended in an error instead of an answer.</summary>
internal sealed record Requests(int Total, int Errors);

/// <summary>The end of a demo: what happened, what it cost, and whether all is well.</summary>
internal sealed record Summary(
    int Rounds,
    IReadOnlyList<Round> Failovers,
    Requests Requests,
    Findings Findings,
    NodeCost Node,
    double LongestPause)
{
    public bool IsGood => Requests.Errors == 0 && Findings.AreGood && Failovers.Count == Rounds;

    /// <summary>The value that this share of the sorted values does not exceed (nearest rank); 0 of none.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0) return 0;
        var rank = (int)Math.Ceiling(share * sorted.Length);
        return sorted[Math.Clamp(rank - 1, 0, sorted.Length - 1)];
    }

    public double GapPercentile(double share) =>
        Percentile(Failovers.Select(round => round.GapMilliseconds), share);

    /// <summary>The median of one phase, by its place in <see cref="Phases.Names"/>.</summary>
    public double PhaseMedian(int phase) =>
        Percentile(Failovers.Select(round => round.Phases).OfType<Phases>().Select(each => each.Parts[phase]), 0.5);

    /// <summary>The one object that <c>--json</c> ends with.</summary>
    public string ToJson()
    {
        var phases = new PhasesJson(
            Round(PhaseMedian(0)), Round(PhaseMedian(1)), Round(PhaseMedian(2)),
            Round(PhaseMedian(3)), Round(PhaseMedian(4)));
        var document = new SummaryJson(
            Rounds, Failovers.Count, Requests.Total, Requests.Errors,
            Findings.Acknowledged, Findings.Lost, Findings.Duplicated, Findings.Linearizable,
            new GapJson(Round(GapPercentile(0.5)), Round(GapPercentile(1))), phases,
            new NodeCost(Round(Node.IdleCpuPercent), Round(Node.RssMegabytes)));
        return JsonSerializer.Serialize(document, SummaryJsonContext.Default.SummaryJson);
    }

    /// <summary>The same for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Rounds} round{(Rounds == 1 ? "" : "s")}, ");
        text.Append(CultureInfo.InvariantCulture,
            $"{Failovers.Count} failover{(Failovers.Count == 1 ? "" : "s")}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"gap       p50 {GapPercentile(0.5):0.0} ms, max {GapPercentile(1):0.0} ms ");
        text.Append("without an answer for one writer, around a fault; its parts (p50):\n");
        foreach (var (phase, name) in Phases.Names.Index())
            text.Append(CultureInfo.InvariantCulture,
                $"  {name,-8}{PhaseMedian(phase),6:0.0} ms  {Phases.Meanings[phase]}\n");
        text.Append(CultureInfo.InvariantCulture, $"requests  {Requests.Total}, {Requests.Errors} ended in an error\n");
        text.Append(CultureInfo.InvariantCulture,
            $"writes    {Findings.Acknowledged} acknowledged, {Findings.Lost} lost, ");
        text.Append(CultureInfo.InvariantCulture, $"{Findings.Duplicated} took effect twice\n");
        text.Append(Findings.Linearizable
            ? "history   linearizable: as if all clients had asked one program that never fails\n"
            : "history   NOT linearizable\n");
        text.Append(CultureInfo.InvariantCulture,
            $"pause     {LongestPause:0.0} ms at most in the whole run, the nodes' restarts included\n");
        text.Append(CultureInfo.InvariantCulture,
            $"node      {Node.IdleCpuPercent:0.0} % CPU idle, {Node.RssMegabytes:0} MB at most\n");
        text.Append(IsGood
            ? "OK: no client got an error, and nothing acknowledged was lost"
            : $"FAILED: {Failure}");
        return text.ToString();
    }

    private string Failure => Findings.Finding
        ?? (Requests.Errors > 0 ? $"{Requests.Errors} requests ended in an error" : "a failover is missing");

    private static double Round(double value) => Math.Round(value, 2);
}

internal sealed record GapJson(double P50, double Max);

internal sealed record PhasesJson(double Detect, double Agree, double Select, double Activate, double Reach);

internal sealed record SummaryJson(
    int Rounds,
    int Failovers,
    int Requests,
    int Errors,
    int Acknowledged,
    int Lost,
    int Duplicated,
    bool Linearizable,
    GapJson GapMilliseconds,
    PhasesJson PhasesMilliseconds,
    NodeCost Node);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SummaryJson))]
internal sealed partial class SummaryJsonContext : JsonSerializerContext;
