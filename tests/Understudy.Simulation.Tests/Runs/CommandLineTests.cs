using Understudy.Kernel;
using Understudy.Simulator;
using Understudy.Simulator.Runs;

namespace Understudy.Simulation.Tests.Runs;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_option_is_understood()
    {
        CommandLine.Parse(
            ["--seeds", "7", "--first", "3", "--seconds", "9", "--threads", "2", "--mutant", "no-seal", "--json"],
            out var command,
            out var options).ShouldBeNull();

        command.ShouldBe(SimulatorCommand.Run);
        options.ShouldBe(new RunOptions
        {
            Seeds = 7,
            First = 3,
            FaultTime = TimeSpan.FromSeconds(9),
            Threads = 2,
            Mutations = Mutation.NoSeal,
            IsJson = true,
        });
    }

    [Theory]
    [InlineData("--seeds 0", "--seeds takes a whole number from 1 to 2147483647, not 0.")]
    [InlineData("--seeds x", "--seeds takes a whole number from 1 to 2147483647, not x.")]
    [InlineData("--seconds 90000", "--seconds takes a whole number from 1 to 86400, not 90000.")]
    [InlineData("--first -1", "--first takes a whole number, not -1.")]
    [InlineData("--seeds", "--seeds lacks its value, a whole number from 1 to 2147483647.")]
    [InlineData("--seeds 1 --seeds 2", "--seeds is given twice.")]
    [InlineData("--json --json", "--json is given twice.")]
    [InlineData("--sedes 1", "--sedes is unknown.")]
    [InlineData("--mutant", "--mutant lacks a name.")]
    [InlineData("--mutant none-such", "There is no mutant none-such; --list-mutants names all.")]
    public void A_mistake_is_named_in_one_sentence(string arguments, string mistake) =>
        CommandLine.Parse(arguments.Split(' '), out _, out _).ShouldBe(mistake);

    [Fact]
    public void A_report_has_the_speed_by_the_clock_and_by_the_processor_time()
    {
        var result = new SeedResult(1, 5, NodeSeconds: 600, 0, (0, 0), null);
        var report = new RunReport(
            new RunOptions(), [result], TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), threads: 2);
        var text = new StringWriter();
        report.WriteText(text);

        text.ToString().ShouldContain("100 node-seconds per second per core, 300 per CPU second;");
    }
}
