using System.Collections.Immutable;
using Understudy.Kernel;

namespace Understudy;

/// <summary>Reads a cluster's TOML file and checks it completely, so that nothing starts with half a meaning.</summary>
public static class ConfigurationFile
{
    /// <summary>The longest file that is read, in characters.</summary>
    public const int MaxLength = 1024 * 1024;

    private static readonly string[] FileKeys = ["cluster", "profile", "quarantine", "node", "service"];

    /// <summary>Reads and checks the file. A file that cannot be read is a problem, not an exception.</summary>
    public static ConfigurationResult Read(string path) => Read(path, ServiceReader.BuiltIn);

    /// <param name="path">The file.</param>
    /// <param name="kinds">Which kinds of service there is code for.</param>
    internal static ConfigurationResult Read(string path, IReadOnlyCollection<string> kinds)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxLength }) return TooLong(path);
            return Parse(File.ReadAllText(path), path, kinds);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Unreadable(path, error);
        }
    }

    /// <summary>Checks a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How problems name the file.</param>
    public static ConfigurationResult Parse(string text, string file) => Parse(text, file, ServiceReader.BuiltIn);

    private static ConfigurationResult Parse(string text, string file, IReadOnlyCollection<string> kinds)
    {
        if (text.Length > MaxLength) return TooLong(file);
        var problems = new ConfigurationProblems(file);
        var root = TomlTree.Parse(text, problems);
        var configuration = root is null ? null : Read(root, kinds, problems);
        return configuration is null || problems.Any
            ? new ConfigurationResult.Invalid(problems.InOrder())
            : new ConfigurationResult.Valid(configuration);
    }

    private static ClusterConfiguration? Read(
        TomlItem.Table root, IReadOnlyCollection<string> kinds, ConfigurationProblems problems)
    {
        var reader = new TableReader(root, "the file", FileKeys, problems);
        var cluster = reader.Text("cluster", "\"web\"", required: true);
        if (cluster is not null) Names.Check(cluster, "cluster name", reader.PlaceOf("cluster"), problems);
        var profile = ReadProfile(reader, problems);
        var quarantine = reader.Truth("quarantine") ?? true;
        var nodes = NodeReader.Read(reader, problems);
        var services = ServiceReader.Read(reader, nodes, kinds, problems);
        if (cluster is null || problems.Any) return null;

        return new ClusterConfiguration
        {
            Cluster = cluster,
            Profile = profile,
            Quarantine = quarantine,
            Nodes = [.. nodes.OrderBy(node => node.Id)],
            Services = [.. services.OrderBy(service => service.Name)],
        };
    }

    private static Profile ReadProfile(TableReader reader, ConfigurationProblems problems)
    {
        if (reader.Text("profile", "\"lan\"", required: false) is not { } name) return Profile.Lan;
        var choice = Names.Choose(
            name, "profile", [.. Profile.All.Select(each => each.Name)], reader.PlaceOf("profile"), problems);
        return Profile.All.FirstOrDefault(profile => profile.Name == choice) ?? Profile.Lan;
    }

    private static ConfigurationResult.Invalid TooLong(string file) => Problem(
        file, $"the file is longer than {MaxLength} characters", "Is it the right file?");

    private static ConfigurationResult.Invalid Unreadable(string path, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException or ArgumentException => Problem(
            path, "there is no such file", $"It was looked for from {Environment.CurrentDirectory}."),
        UnauthorizedAccessException when Directory.Exists(path) => Problem(
            path, "this is a folder", "Name the TOML file in it."),
        _ => Problem(path, $"the file cannot be read: {error.Message.TrimEnd('.')}", "May this user read it?"),
    };

    private static ConfigurationResult.Invalid Problem(string file, string what, string meaning) =>
        new([new ConfigurationProblem(file, 0, 0, what, meaning)]);
}
