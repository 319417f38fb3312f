using Understudy.Kernel;

namespace Understudy.Cli.Tests;

/// <summary>Runs commands with what they print kept, and nodes that only note that they were started.</summary>
internal sealed class CommandFixture : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("understudy-cli-tests-").FullName;

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public List<(ClusterConfiguration Configuration, NodeId Self, string Data)> Started { get; } = [];

    public Task<int> RunAsync(params string[] arguments) =>
        CommandLine.InvokeAsync(arguments, new Terminal(_output, _error, RunNodeAsync));

    public string File(string text)
    {
        var file = Path.Combine(Folder, "cluster.toml");
        System.IO.File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private Task<int> RunNodeAsync(
        ClusterConfiguration configuration, NodeId self, string data, CancellationToken stop)
    {
        Started.Add((configuration, self, data));
        return Task.FromResult(7);
    }
}
