using System.Collections.Immutable;

namespace Understudy;

/// <summary>Gathers the problems of one file.</summary>
internal sealed class ConfigurationProblems(string file)
{
    private readonly List<ConfigurationProblem> _found = [];

    public string File { get; } = file;

    public bool Any => _found.Count > 0;

    public void Add(Place place, string what, string meaning) =>
        _found.Add(new ConfigurationProblem(File, place.Line, place.Column, what, meaning));

    /// <summary>A problem of the file as a whole, in no single line.</summary>
    public void Add(string what, string meaning) => Add(default, what, meaning);

    public ImmutableArray<ConfigurationProblem> InOrder() =>
        [.. _found.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}
