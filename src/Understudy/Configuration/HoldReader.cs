namespace Understudy;

/// <summary>Reads every <c>[service.NAME.hold]</c> of a cluster's file.</summary>
internal static class HoldReader
{
    private static readonly string[] _keys = ["max-requests", "max-bytes", "seconds"];

    /// <returns>What is said there; the rest is as usual.</returns>
    public static HoldConfiguration Read(TableReader service, string shown, ConfigurationProblems problems)
    {
        var usual = HoldConfiguration.Default;
        if (service.Table("hold", shown) is not { } table) return usual;
        var reader = new TableReader(table, shown, _keys, problems);
        var requests = reader.Count("max-requests", 1, HoldConfiguration.MostRequests, "requests");
        var bytes = reader.Count(
            "max-bytes", HoldConfiguration.LeastBytes, HoldConfiguration.MostBytes, "bytes");
        var seconds = reader.Count("seconds", 1, (int)HoldConfiguration.Longest.TotalSeconds, "seconds");
        return usual with
        {
            MaxRequests = requests ?? usual.MaxRequests,
            MaxBytes = bytes ?? usual.MaxBytes,
            Time = seconds is { } time ? TimeSpan.FromSeconds(time) : null,
        };
    }
}
