using System.Collections.Immutable;

namespace Understudy;

/// <summary>One thing that is wrong with a cluster's file.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">The line, from 1; 0 if the problem is in no single line.</param>
/// <param name="Column">The column, from 1; 0 if the problem is in no single line.</param>
/// <param name="What">What is wrong, without a full stop.</param>
/// <param name="Meaning">The likely meaning: what to write instead. One or two sentences.</param>
public sealed record ConfigurationProblem(string File, int Line, int Column, string What, string Meaning)
{
    /// <summary>One line: <c>cluster.toml:7:1: unknown key "adress" in [node.n1]. Did you mean …?</c></summary>
    public override string ToString() =>
        Line == 0 ? $"{File}: {What}. {Meaning}" : $"{File}:{Line}:{Column}: {What}. {Meaning}";
}

/// <summary>What reading a cluster's file gave.</summary>
public abstract record ConfigurationResult
{
    private ConfigurationResult()
    {
    }

    /// <summary>The file is in order.</summary>
    public sealed record Valid(ClusterConfiguration Configuration) : ConfigurationResult;

    /// <summary>It is not: at least one problem, in the order of the file.</summary>
    public sealed record Invalid(ImmutableArray<ConfigurationProblem> Problems) : ConfigurationResult;
}
