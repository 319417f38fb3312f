using System.Text.RegularExpressions;

namespace Understudy.Architecture.Tests;

/// <summary>
/// A core decides and does nothing else. The banned-symbols analyzer finds the clock, the task and the file; these
/// tests find what it cannot: a core that reaches into another layer.
/// </summary>
public partial class ProtocolTests
{
    /// <summary>What of the base library and of packages a core may import.</summary>
    private static readonly string[] PureNamespaces =
    [
        "System", "System.Buffers", "System.Collections", "System.Diagnostics", "System.Globalization",
        "System.IO.Hashing", "System.Linq", "System.Numerics", "System.Runtime", "System.Text", "Google.Protobuf",
    ];

    private static readonly string[] Layers = ["Transport", "Membership", "Selection", "Replication"];

    /// <summary>Where Transport declares the messages and addresses that cores may know.</summary>
    private static readonly string[] TransportMessages =
        ["Message.cs", "Layer.cs", "PeerIdentity.cs", "IMessageCodec.cs", "SingleField.cs"];

    [Fact]
    public void A_core_imports_nothing_that_acts() => Offences.None(
        from path in Cores
        from match in Imports().Matches(Repository.Read(path))
        let name = match.Groups["name"].Value
        where !IsIn(name, "Understudy") && !Array.Exists(PureNamespaces, pure => IsIn(name, pure))
        select $"{path} imports {name}");

    // The node's own core steps all layers' cores.
    [Fact]
    public void A_core_knows_only_what_other_layers_publish() => Offences.None(
        from path in Cores
        where !path.StartsWith("src/Understudy/", StringComparison.Ordinal)
        from layer in Layers
        where !path.StartsWith($"src/Understudy.{layer}/", StringComparison.Ordinal)
        where Regex.IsMatch(SourceText.Code(Repository.Read(path)), $@"\b{layer}\.Protocol\b")
        select $"{path} reaches into the core of {layer}");

    [Fact]
    public void A_core_knows_messages_and_addresses_but_no_connection() => Offences.None(
        from path in Cores
        where !path.StartsWith("src/Understudy.Transport/", StringComparison.Ordinal)
        let code = SourceText.Code(Repository.Read(path))
        where code.Contains("Understudy.Transport", StringComparison.Ordinal)
        from type in TransportShellTypes
        where Regex.IsMatch(code, $@"\b{type}\b")
        select $"{path} knows the transport's {type}");

    [Fact]
    public void The_analyzer_is_on_in_every_core() =>
        Repository.Read(".editorconfig").ShouldContain(
            "[src/**/Protocol/**.cs]\ndotnet_diagnostic.RS0030.severity = error");

    private static IEnumerable<string> Cores =>
        Repository.Files(".cs", "src").Where(path => path.Contains("/Protocol/", StringComparison.Ordinal));

    private static readonly string[] TransportShellTypes =
    [
        .. Repository.Files(".cs", "src/Understudy.Transport")
            .Where(path => !path.Contains("/Protocol/", StringComparison.Ordinal))
            .Where(path => !TransportMessages.Contains(Path.GetFileName(path)))
            .SelectMany(path => PublicTypes().Matches(SourceText.Code(Repository.Read(path))))
            .Select(match => match.Groups["name"].Value),
    ];

    private static bool IsIn(string name, string root) =>
        name == root || (name.StartsWith(root + ".", StringComparison.Ordinal) && !IsClosed(name, root));

    // "System" alone opens itself only: System.IO, System.Net and System.Threading are what must stay out.
    private static bool IsClosed(string name, string root) => root == "System" && name != root;

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Imports();

    [GeneratedRegex(@"^public (?:\w+ )*(?:class|struct|record|interface|enum) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicTypes();
}
