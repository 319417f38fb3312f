using System.Globalization;
using System.Text.Json;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>Two places in what was measured: the median and the 99th percentile, in milliseconds.</summary>
internal sealed record Percentiles(double P50, double P99)
{
    public static Percentiles Of(IReadOnlyCollection<double> milliseconds) => new(
        Round(Summary.Percentile(milliseconds, 0.5)), Round(Summary.Percentile(milliseconds, 0.99)));

    public Percentiles Minus(Percentiles other) => new(Round(P50 - other.P50), Round(P99 - other.P99));

    /// <summary>The greater one in each place.</summary>
    public Percentiles Or(Percentiles other) => new(Math.Max(P50, other.P50), Math.Max(P99, other.P99));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50:0.000}, p99 {P99:0.000}");

    private static double Round(double value) => Math.Round(value, 4);
}

/// <summary>One kind of request, asked straight and by a way in, in turn.</summary>
internal sealed record Comparison(Percentiles Direct, Percentiles Via)
{
    public Percentiles Added => Via.Minus(Direct);

    public override string ToString() => $"{Via} ms; straight {Direct}; added {Added}";
}

/// <summary>What one way in adds to a read and to a change.</summary>
internal sealed record WayIn(Comparison Read, Comparison Change)
{
    /// <summary>Of the kind of request to which it adds more.</summary>
    public Percentiles Added => Read.Added.Or(Change.Added);
}

/// <summary>The longest waits around the loss of primaries, of one trial each, in milliseconds.</summary>
internal sealed record Gaps(double P50, double Max)
{
    public static Gaps Of(IReadOnlyCollection<double> milliseconds) => new(
        Math.Round(Summary.Percentile(milliseconds, 0.5), 2), Math.Round(Summary.Percentile(milliseconds, 1), 2));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50:0.0} ms, max {Max:0.0} ms");
}

/// <summary>What clients noticed of primaries that were killed.</summary>
/// <param name="Client">Of clients that use the client library.</param>
/// <param name="Gateway">Of clients of the nodes that survived.</param>
/// <param name="Failover">Of the writer that <c>failover</c> times: it asks every node at once.</param>
/// <param name="Changes">How many changes were answered.</param>
/// <param name="Lost">How many of them are not there at the end.</param>
/// <param name="Duplicated">How many were made once more than asked.</param>
/// <param name="Failed">How many of the client library's requests ended in a failure.</param>
internal sealed record GapResult(
    Gaps Client, Gaps Gateway, Gaps Failover, long Changes, long Lost, long Duplicated, int Failed);

/// <summary>What <c>clients</c> measured; null where it was not asked to.</summary>
internal sealed record ClientsResult
{
    public WayIn? Gateway { get; init; }

    /// <summary>By another node, to the endpoints of a web application.</summary>
    public WayIn? Web { get; init; }

    public WayIn? Client { get; init; }

    public GapResult? Gap { get; init; }

    public TcpResult? Tcp { get; init; }

    /// <summary>Of each trial, how long until the last held request was answered, in milliseconds.</summary>
    public IReadOnlyList<double>? Resumes { get; init; }

    public bool IsGood => Gap is not { } gap || (gap.Lost, gap.Duplicated, gap.Failed) == (0, 0, 0);

    public string ToJson() => JsonSerializer.Serialize(
        new ClientsJson
        {
            GatewayAddedMilliseconds = Gateway?.Added,
            ClientAddedMilliseconds = Client?.Added,
            GapMilliseconds = Gap?.Client,
            TcpShareOfHaproxy = Tcp?.TcpShareOfHaproxy,
            TcpShareOfDirect = Tcp?.TcpShareOfDirect,
            ResumeMilliseconds = Resumes is null ? null : Math.Round(Summary.Percentile(Resumes, 0.5), 1),
            Lost = Gap?.Lost,
            Duplicated = Gap?.Duplicated,
            FailoverMilliseconds = Gap?.Failover,
            GatewayGapMilliseconds = Gap?.Gateway,
            Failed = Gap?.Failed,
            Gateway = Gateway,
            Client = Client,
            Web = Web,
        },
        BenchmarkJson.Default.ClientsJson);
}

/// <summary>The object that <c>clients --json</c> ends with.</summary>
internal sealed record ClientsJson
{
    public Percentiles? GatewayAddedMilliseconds { get; init; }

    public Percentiles? ClientAddedMilliseconds { get; init; }

    public Gaps? GapMilliseconds { get; init; }

    public double? TcpShareOfHaproxy { get; init; }

    public double? TcpShareOfDirect { get; init; }

    public double? ResumeMilliseconds { get; init; }

    public long? Lost { get; init; }

    public long? Duplicated { get; init; }

    public Gaps? FailoverMilliseconds { get; init; }

    public Gaps? GatewayGapMilliseconds { get; init; }

    public int? Failed { get; init; }

    public WayIn? Gateway { get; init; }

    public WayIn? Client { get; init; }

    public WayIn? Web { get; init; }
}
