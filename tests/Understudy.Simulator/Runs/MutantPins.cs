using System.Globalization;
using Understudy.Kernel;
using Understudy.Transport;

namespace Understudy.Simulator.Runs;

/// <summary>A mutant and the seed whose run kills it, by which checker.</summary>
public sealed record MutantPin(Mutation Mutant, ulong Seed, string Checker)
{
    /// <summary>
    /// Reads a table of pins: mutant, seed and checker in a line; lines that start with # are comments.
    /// </summary>
    public static IReadOnlyList<MutantPin> Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        List<MutantPin> pins = [];
        foreach (var line in lines)
        {
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#')) continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 3 || !Mutants.TryFind(words[0], out var mutant))
            {
                throw new FormatException($"'{line}' is not a mutant, a seed and a checker.");
            }

            pins.Add(new MutantPin(mutant, ulong.Parse(words[1], CultureInfo.InvariantCulture), words[2]));
        }

        return pins;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Mutants.NameOf(Mutant),-36} {Seed,8} {Checker}");
}

/// <summary>Finds for each mutant the first seed that kills it.</summary>
public static class MutantPins
{
    public static void Find(RunOptions options, IMessageCodec? codec, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        var chosen = options.Mutations == Mutation.None ? Mutants.All : [options.Mutations];
        foreach (var mutant in chosen)
        {
            var report = new SeedRunner(options with { Mutations = mutant, StopsAtFirst = true }, codec).Run(null);
            var first = report.Failures.FirstOrDefault();
            output.WriteLine(
                first is null
                    ? $"# {Mutants.NameOf(mutant)} survives {report.Results.Count} seeds"
                    : new MutantPin(mutant, first.Seed, first.Violation!.Checker).ToString());
            output.Flush();
        }
    }
}
