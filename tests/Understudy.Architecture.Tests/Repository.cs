using System.Runtime.CompilerServices;

namespace Understudy.Architecture.Tests;

/// <summary>The repository's files, as text. These tests read sources; they load no part of the product.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["artifacts", "bin", "obj", ".git", "TestResults"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files, or those below one folder, with '/' between folders, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string extension, string under = "") =>
    [
        .. Walk(new DirectoryInfo(Path.Combine(Root, under)))
            .Where(file => file.Extension == extension)
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories()
            .Where(child => !Skipped.Contains(child.Name))
            .SelectMany(Walk));

    private static string FindRoot([CallerFilePath] string source = "")
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
