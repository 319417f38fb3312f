using System.Diagnostics;
using System.Text.RegularExpressions;
using Understudy.Cli.Demo;

namespace Understudy.EndToEnd.Tests;

/// <summary>A real HAProxy before a cluster, with the configuration that the documentation shows.</summary>
internal sealed partial class Haproxy : IDisposable
{
    private static readonly string[] _places = ["/usr/sbin/haproxy", "/usr/bin/haproxy", "/usr/local/sbin/haproxy"];

    private readonly string _file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".cfg");
    private readonly Process _process;

    public Haproxy(RealCluster cluster)
    {
        var ports = FreePorts.Find(2);
        (Any, Primary) = (Address(ports[0]), Address(ports[1]));
        var text = Documented().Replace(":7301", $":{ports[0]}", StringComparison.Ordinal)
            .Replace(":7302", $":{ports[1]}", StringComparison.Ordinal);
        foreach (var (number, node) in cluster.Nodes.Values.Index())
            text = text.Replace($"127.0.0.1:720{number + 1}", node.Http.Authority, StringComparison.Ordinal);
        File.WriteAllText(_file, text);
        _process = Process.Start(
            new ProcessStartInfo(Program!, ["-db", "-f", _file]) { RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, line) => TestContext.Current.TestOutputHelper?.WriteLine(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it is installed, or null.</summary>
    public static string? Program => _places.FirstOrDefault(File.Exists);

    /// <summary>Its frontend for all nodes.</summary>
    public Uri Any { get; }

    /// <summary>Its frontend for the primary of kv.</summary>
    public Uri Primary { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_file);
    }

    private static string Documented() => Block()
        .Match(File.ReadAllText(Repository.PathOf("docs", "operating", "haproxy.md"))).Groups["text"].Value;

    private static Uri Address(int port) => new($"http://127.0.0.1:{port}");

    [GeneratedRegex("^```haproxy\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
