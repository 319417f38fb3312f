namespace Understudy.EndToEnd.Tests;

/// <summary>Finds what was built.</summary>
internal static class Repository
{
    /// <summary>The command line's program, in the same build configuration as these tests.</summary>
    public static string CliPath { get; } = FindCli();

    private static string FindCli()
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Understudy.slnx"))) continue;
            var path = Path.Combine(at.FullName, "artifacts", "bin", "Understudy.Cli", build, "Understudy.Cli.dll");
            return File.Exists(path)
                ? path
                : throw new FileNotFoundException($"{path} is missing: build the solution.");
        }

        throw new DirectoryNotFoundException($"No repository above {AppContext.BaseDirectory}.");
    }
}
