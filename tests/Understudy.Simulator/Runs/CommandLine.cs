using System.Globalization;

namespace Understudy.Simulator.Runs;

/// <summary>What the simulator is asked to do.</summary>
internal enum SimulatorCommand
{
    Run,
    ListMutants,
    PinMutants,
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
        """;

    /// <summary>Gives what is wrong with the arguments, or null.</summary>
    public static string? Parse(string[] arguments, out SimulatorCommand command, out RunOptions options)
    {
        command = SimulatorCommand.Run;
        options = new RunOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            switch (name)
            {
                case "--json": options = options with { IsJson = true }; continue;
                case "--trace": options = options with { IsTraced = true, Threads = 1 }; continue;
                case "--stop-at-first": options = options with { StopsAtFirst = true }; continue;
                case "--list-mutants": command = SimulatorCommand.ListMutants; continue;
                case "--pin-mutants": command = SimulatorCommand.PinMutants; continue;
                case "--help" or "-h": command = SimulatorCommand.Help; continue;
            }

            if (i + 1 == arguments.Length) return $"{name} is unknown or lacks a value.";
            var value = arguments[++i];
            if (With(options, name, value) is not { } changed) return $"{name} {value} is not understood.";
            options = changed;
        }

        return null;
    }

    private static RunOptions? With(RunOptions options, string name, string value)
    {
        if (name == "--mutant")
        {
            return Mutants.TryFind(value, out var mutation) ? options with { Mutations = mutation } : null;
        }

        if (!ulong.TryParse(value, CultureInfo.InvariantCulture, out var number)) return null;
        return name switch
        {
            "--first" => options with { First = number },
            "--seeds" when number is > 0 and <= int.MaxValue => options with { Seeds = (int)number },
            "--seconds" when number is > 0 and <= 86_400 => options with { FaultTime = TimeSpan.FromSeconds(number) },
            "--threads" when number is > 0 and <= 256 => options with { Threads = (int)number },
            _ => null,
        };
    }
}
