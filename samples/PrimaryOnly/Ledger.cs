namespace PrimaryOnly;

/// <summary>A file that the workers of all nodes write to, as a stand-in for a payment provider.</summary>
/// <param name="path">The file.</param>
/// <param name="pace">How often a bill is due.</param>
public sealed class Ledger(string path, TimeSpan pace)
{
    /// <summary>How often a bill is due.</summary>
    public TimeSpan Pace => pace;

    /// <summary>Appends a line, in one write.</summary>
    public void Add(string line) => File.AppendAllText(path, line + "\n");
}
