using Understudy;
using Understudy.Simulator.Runs;
using Understudy.Simulator.Scale;

if (CommandLine.Parse(args, out var command, out var options) is { } mistake)
{
    Console.Error.WriteLine($"{mistake} --help prints what there is.");
    return 2;
}

switch (command)
{
    case SimulatorCommand.Help:
        Console.WriteLine(CommandLine.Usage);
        return 0;
    case SimulatorCommand.ListMutants:
        foreach (var mutant in Mutants.All) Console.WriteLine(Mutants.NameOf(mutant));
        return 0;
    case SimulatorCommand.PinMutants:
        MutantPins.Find(options, new NodeCodec(), Console.Out);
        return 0;
    case SimulatorCommand.ManyServices:
        ManyServicesReport.Write(options, new NodeCodec(), Console.Out);
        return 0;
    default:
        var report = new SeedRunner(options, new NodeCodec()).Run(Console.Error);
        report.WriteText(options.IsJson ? Console.Error : Console.Out);
        if (options.IsJson) report.WriteJson(Console.Out);
        return report.Failures.Any() ? 1 : 0;
}
