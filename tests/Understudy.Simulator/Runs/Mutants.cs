using System.Text;
using Understudy.Kernel;

namespace Understudy.Simulator.Runs;

/// <summary>The rules that can be switched off, by the names that the command line uses.</summary>
public static class Mutants
{
    public static IReadOnlyList<Mutation> All { get; } = [.. Enum.GetValues<Mutation>().Where(m => m != Mutation.None)];

    /// <summary>The mutant's name in kebab-case.</summary>
    public static string NameOf(Mutation mutation)
    {
        var name = new StringBuilder();
        foreach (var letter in mutation.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0) name.Append('-');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    public static bool TryFind(string name, out Mutation mutation)
    {
        foreach (var candidate in All)
        {
            mutation = candidate;
            if (NameOf(candidate) == name) return true;
        }

        mutation = Mutation.None;
        return false;
    }
}
