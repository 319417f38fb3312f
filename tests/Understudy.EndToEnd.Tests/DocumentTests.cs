using System.Text.RegularExpressions;

namespace Understudy.EndToEnd.Tests;

/// <summary>The examples of docs/clients.md and of the README, run against real clusters.</summary>
public sealed partial class DocumentTests
{
    private const string WhereNodesAre = "string[] nodes = ";

    private const string Kv =
        "[service.kv]\nkind = \"kv\"\nhosts = [\"kv.example.com\"]\nsecondaries = 2\nspares = 0\n";

    /// <summary>Files whose code other tests run, and the page may quote.</summary>
    private static readonly string[][] _sources =
    [
        ["tests", "Understudy.EndToEnd.Tests", "DocumentedClients.cs"],
        ["samples", "Grpc", "Buyer.cs"],
        ["samples", "Grpc", "Program.cs"],
        ["samples", "Orders", "OrdersEndpoints.cs"],
    ];

    [Theory]
    [InlineData("docs", "clients.md")]
    [InlineData("README.md")]
    public async Task Every_curl_is_answered_as_the_page_says(params string[] page)
    {
        ForeignProgram.Need("curl", "curl");
        await using var cluster = await RealCluster.StartAsync("kv", Kv);
        string[] commands = [.. Examples.Of(page).SelectMany(block => block).Where(IsOfCurl)];

        // A stream does not end by itself.
        var script = Examples.At(cluster, string.Join('\n', commands)).Replace("curl -N", "curl -N --max-time 2");
        var (_, said) = await ForeignProgram.RunAsync("sh", "-c", script);

        var statuses = Status().Matches(said).Select(match => match.Groups["code"].Value).ToArray();
        statuses.Length.ShouldBe(commands.Count(each => each.StartsWith("curl -i", StringComparison.Ordinal)), said);
        statuses.ShouldAllBe(status => status.StartsWith('2'), said);
        said.Split("hello").Length.ShouldBe(1 + commands.Count(Reads), said);
        if (commands.Any(command => command.Contains("/stream", StringComparison.Ordinal)))
        {
            said.ShouldContain("event: map");
            said.ShouldContain("{\"id\":");
        }

        cluster.Passed();
    }

    [Fact]
    public async Task The_examples_of_the_client_library_do_what_they_say()
    {
        await using var cluster = await RealCluster.StartAsync(voters: 3);
        string[] nodes = [.. cluster.Nodes.Values.Select(node => node.Http.ToString())];
        await DocumentedClients.FollowAsync([], nodes);
        await DocumentedClients.LocateAsync(nodes);
        cluster.Passed();

        await using var sample = await SampleCluster.StartAsync("Grpc", "tickets");
        await DocumentedClients.CallAsync(sample.Addresses);
        DocumentedClients.Said.ShouldBe(
        [
            "hello", $"kv is at {cluster[await cluster.PrimaryAsync()].Http}svc/kv", "{ \"number\": \"1\" }",
        ]);
        sample.Passed();
    }

    [Fact]
    public void Every_example_of_the_ways_to_reach_a_service_is_run_by_a_test()
    {
        var sources = _sources.Select(path => Trimmed(File.ReadLines(Repository.PathOf(path)))).ToArray();
        foreach (var block in Examples.Of("docs", "clients.md"))
        {
            var example = block[0].StartsWith(WhereNodesAre, StringComparison.Ordinal) ? block[1..] : block;
            var isRun = example.All(line => IsOfCurl(line) || IsOfProgram(line))
                || sources.Any(source => source.Contains(Trimmed(example), StringComparison.Ordinal));
            isRun.ShouldBeTrue(
                $"No test runs this, or the code that it quotes has changed:\n{string.Join('\n', block)}");
        }
    }

    [Theory]
    [InlineData("Grpc")]
    [InlineData("PrimaryOnly")]
    public void A_sample_that_is_started_without_a_file_has_one_beside_it(string sample) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(Repository.Find(sample))!, "cluster.toml")).ShouldBeTrue();

    /// <summary>Whether it asks for the key that the page has set.</summary>
    private static bool Reads(string command) => command.EndsWith("/keys/greeting", StringComparison.Ordinal)
        && !command.Contains("-X", StringComparison.Ordinal);

    private static bool IsOfCurl(string line) =>
        line.StartsWith("curl ", StringComparison.Ordinal) || line.StartsWith("tag=$(curl ", StringComparison.Ordinal);

    /// <summary>
    /// Of a program that FollowPrimaryTests or GrpcTests start, or whose command line BenchmarkCommandLineTests read.
    /// </summary>
    private static bool IsOfProgram(string line) => Program().Match(line).Groups["name"].Value
        is "samples/FollowPrimary" or "samples/Grpc" or "bench/Understudy.Benchmarks";

    private static string Trimmed(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()));

    [GeneratedRegex(@"HTTP/[\d.]+ (?<code>\d{3})")]
    private static partial Regex Status();

    [GeneratedRegex(@"^dotnet run (-c Release )?--project (?<name>\S+) -- ")]
    private static partial Regex Program();
}
