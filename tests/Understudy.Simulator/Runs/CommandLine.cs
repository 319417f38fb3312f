using System.Globalization;

namespace Understudy.Simulator.Runs;

/// <summary>What the simulator is asked to do.</summary>
internal enum SimulatorCommand
{
    Run,
    ListMutants,
    PinMutants,
    ManyServices,
    Help,
}

/// <summary>Reads the simulator's arguments.</summary>
internal static class CommandLine
{
    public const string Usage =
        """
        Runs whole simulated clusters under faults, one for each seed, and checks every invariant.

          --seeds N          how many seeds (100)
          --first S          the first seed (1)
          --seconds V        how long faults strike in each, in simulated seconds (60)
          --threads T        how many seeds run at once (one for each core)
          --json             print one JSON object as the last line
          --trace            print everything that happens
          --mutant NAME      switch a safety rule off
          --stop-at-first    end at the first violation
          --list-mutants     print the mutants' names
          --pin-mutants      find the first of the seeds that kills each mutant
          --many-services    10,000 services on 50 nodes, of which two are lost: what it costs
        """;

    /// <summary>Gives what is wrong with the arguments, or null.</summary>
    public static string? Parse(string[] arguments, out SimulatorCommand command, out RunOptions options)
    {
        command = SimulatorCommand.Run;
        options = new RunOptions();
        HashSet<string> given = new(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (!given.Add(name)) return $"{name} is given twice.";
            switch (name)
            {
                case "--json": options = options with { IsJson = true }; continue;
                case "--trace": options = options with { IsTraced = true, Threads = 1 }; continue;
                case "--stop-at-first": options = options with { StopsAtFirst = true }; continue;
                case "--list-mutants": command = SimulatorCommand.ListMutants; continue;
                case "--many-services": command = SimulatorCommand.ManyServices; continue;
                case "--pin-mutants": command = SimulatorCommand.PinMutants; continue;
                case "--help" or "-h": command = SimulatorCommand.Help; continue;
            }

            var value = i + 1 < arguments.Length ? arguments[++i] : null;
            if (Read(ref options, name, value) is { } mistake) return mistake;
        }

        return null;
    }

    private static string? Read(ref RunOptions options, string name, string? value)
    {
        if (name == "--mutant")
        {
            if (value is null) return $"{name} lacks a name.";
            if (!Mutants.TryFind(value, out var mutation))
                return $"There is no mutant {value}; --list-mutants names all.";
            options = options with { Mutations = mutation };
            return null;
        }

        if (RangeOf(name) is not var (least, most)) return $"{name} is unknown.";
        var isNumber = ulong.TryParse(value, CultureInfo.InvariantCulture, out var number);
        if (!isNumber || number < least || number > most)
        {
            var range = most == ulong.MaxValue ? "a whole number" : $"a whole number from {least} to {most}";
            return value is null ? $"{name} lacks its value, {range}." : $"{name} takes {range}, not {value}.";
        }

        options = name switch
        {
            "--first" => options with { First = number },
            "--seeds" => options with { Seeds = (int)number },
            "--seconds" => options with { FaultTime = TimeSpan.FromSeconds(number) },
            _ => options with { Threads = (int)number },
        };
        return null;
    }

    private static (ulong Least, ulong Most)? RangeOf(string name) => name switch
    {
        "--first" => (0, ulong.MaxValue),
        "--seeds" => (1, int.MaxValue),
        "--seconds" => (1, 86_400),
        "--threads" => (1, 256),
        _ => null,
    };
}
