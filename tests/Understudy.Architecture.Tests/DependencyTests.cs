using System.Xml.Linq;

namespace Understudy.Architecture.Tests;

/// <summary>References run one way. A change to this table is a change of the architecture.</summary>
public class DependencyTests
{
    private static readonly Dictionary<string, Allowed> Table = new()
    {
        ["Kernel"] = new([], []),
        ["Contracts"] = new([], []),
        ["Transport"] = new(["Kernel"], ["System.IO.Hashing", "Google.Protobuf", "Grpc.Tools"]),
        ["Membership"] = new(["Kernel", "Transport"], ["Google.Protobuf", "Grpc.Tools"]),
        ["Selection"] = new(["Kernel", "Transport", "Membership"], ["Google.Protobuf", "Grpc.Tools"]),
        ["Replication"] = new(
            ["Kernel", "Transport", "Membership", "Selection"], ["Google.Protobuf", "Grpc.Tools"]),
        ["Understudy"] = new(
            ["Kernel", "Transport", "Membership", "Selection", "Replication", "Contracts"],
            ["Microsoft.Data.Sqlite", "System.IO.Hashing", "Tomlyn", "Yarp.ReverseProxy", "Google.Protobuf"]),
        ["Client"] = new(["Contracts"], ["Microsoft.Extensions.Http"]),
        ["Testing"] = new(
            ["Kernel", "Transport", "Membership", "Selection", "Replication", "Contracts", "Understudy"], []),
        ["Cli"] = new(["Kernel", "Understudy", "Client", "Contracts"], ["System.CommandLine", "Spectre.Console"]),
    };

    [Fact]
    public void Every_project_is_in_the_table() => Projects.Select(ShortName).Order().ShouldBe(Table.Keys.Order());

    [Fact]
    public void A_project_references_only_what_the_table_allows() => Offences.None(
        from project in Projects
        from reference in Items(project, "ProjectReference")
        where !Table[ShortName(project)].Projects.Contains(ShortName(reference))
        select $"{project} may not reference {reference}");

    [Fact]
    public void A_project_uses_only_the_packages_that_the_table_allows() => Offences.None(
        from project in Projects
        from package in Items(project, "PackageReference")
        where !Table[ShortName(project)].Packages.Contains(package)
        select $"{project} may not use {package}");

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var listed = XDocument.Parse(Repository.Read("Understudy.slnx"))
            .Descendants("Project").Select(project => project.Attribute("Path")!.Value);

        Repository.Files(".csproj").ShouldBeSubsetOf(listed);
    }

    private static IReadOnlyList<string> Projects => Repository.Files(".csproj", "src");

    private static IEnumerable<string> Items(string project, string item) =>
        XDocument.Parse(Repository.Read(project)).Descendants(item)
            .Select(element => element.Attribute("Include")!.Value.Replace('\\', '/'));

    private static string ShortName(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        return name.StartsWith("Understudy.", StringComparison.Ordinal) ? name["Understudy.".Length..] : name;
    }

    private sealed record Allowed(string[] Projects, string[] Packages);
}
