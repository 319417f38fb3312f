using System.Runtime.CompilerServices;

namespace Understudy.Packages.Tests;

/// <summary>What a user gets: packages from a folder, in a new project that knows nothing of the repository.</summary>
public sealed class PackageTests : IDisposable
{
    // No source but the packages that were just made. What they need was restored for the repository's own build, and
    // is taken from there: nothing is downloaded, and nothing of ours gets among the machine's packages.
    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="made" value="made" />
          </packageSources>
        </configuration>
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Understudy" Version="0.1.0" />
            <PackageReference Include="Understudy.Client" Version="0.1.0" />
            <PackageReference Include="Understudy.Testing" Version="0.1.0" />
          </ItemGroup>
        </Project>
        """;

    private const string Program = """
        using Microsoft.Extensions.DependencyInjection;
        using Understudy;
        using Understudy.Testing;

        var services = new ServiceCollection();
        services.AddHttpClient("visits").FollowPrimary("visits", "http://127.0.0.1:7201");
        using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("visits");
        Console.WriteLine(client.BaseAddress);

        UnderstudyTestCluster.Run(understudy => understudy.AddService<Visits>("visits"), async cluster =>
        {
            await (await cluster.PrimaryAsync<Visits>("visits")).CountAsync();
            cluster.PrimaryOf("visits").Kill();
            Console.WriteLine($"visits: {await (await cluster.PrimaryAsync<Visits>("visits")).CountAsync()}");
        });

        public sealed class Visits : ReplicatedStateService
        {
            private readonly ReplicatedCounter _visits;

            public Visits() : base(new ReplicatedState()) => _visits = State.Counter("visits");

            public ValueTask<long> CountAsync() => State.TransactionAsync(tx => _visits.Increment(tx));
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("understudy-packages-").FullName;

    [Fact]
    public async Task The_packages_and_the_tool_install_from_a_folder_and_work()
    {
        var made = Directory.CreateDirectory(Path.Combine(_folder, "made")).FullName;
        await DotnetCommand.RunAsync(
            "dotnet", Root(), "pack", "Understudy.slnx", "-c", "Release", "--no-build", "-v", "q", "-o", made);
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), Sources);
        await ProgramAsync();
        await ToolAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task ProgramAsync()
    {
        var known = await DotnetCommand.RunAsync("dotnet", _folder, "nuget", "locals", "global-packages", "--list");
        var fallback = known[(known.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim();
        var fresh = Path.Combine(_folder, "packages");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Program.csproj"), Project);
        await File.WriteAllTextAsync(Path.Combine(_folder, "Program.cs"), Program);
        await DotnetCommand.RunAsync(
            "dotnet", _folder, "build", "-c", "Release", "-v", "q", "-o", "out", "-nodeReuse:false",
            $"-p:RestorePackagesPath={fresh}", $"-p:RestoreFallbackFolders={fallback}");
        Directory.Exists(Path.Combine(fresh, "understudy", "0.1.0")).ShouldBeTrue("it came from the folder");

        var said = await DotnetCommand.RunAsync(Path.Combine(_folder, "out", "Program"), _folder);
        said.Trim().ShouldBe("http://visits/\nvisits: 2");
    }

    private async Task ToolAsync()
    {
        var tools = Path.Combine(_folder, "tools");
        await DotnetCommand.RunAsync(
            "dotnet", _folder, "tool", "install", "Understudy.Cli", "--version", "0.1.0", "--tool-path", tools);
        var said = await DotnetCommand.RunAsync(Path.Combine(tools, "understudy"), _folder, "--help");
        said.ShouldContain("demo");
        said.ShouldContain("node");
    }

    private static string Root([CallerFilePath] string source = "")
    {
        // A deterministic build hides the path of the sources, but then the tests run inside the repository.
        foreach (var start in (string?[])[AppContext.BaseDirectory, Path.GetDirectoryName(source)])
        {
            for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "Understudy.slnx"))) return folder;
        }

        throw new InvalidOperationException($"There is no Understudy.slnx above {AppContext.BaseDirectory}.");
    }
}
