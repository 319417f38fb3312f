namespace Understudy.EndToEnd.Tests;

/// <summary>Finds what was built.</summary>
internal static class Repository
{
    /// <summary>The command line's program, in the same build configuration as these tests.</summary>
    public static string CliPath { get; } = Find("Understudy.Cli");

    /// <summary>A program of this repository.</summary>
    public static string Find(string project)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name;
        return PathOf("artifacts", "bin", project, build, $"{project}.dll");
    }

    /// <summary>A file of this repository.</summary>
    public static string PathOf(params string[] parts)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Understudy.slnx"))) continue;
            var path = Path.Combine([at.FullName, .. parts]);
            return File.Exists(path)
                ? path
                : throw new FileNotFoundException($"{path} is missing: build the solution.");
        }

        throw new DirectoryNotFoundException($"No repository above {AppContext.BaseDirectory}.");
    }
}
