using System.CommandLine;
using Understudy.Cli;
using Understudy.Cli.Demo;

namespace Understudy.Benchmarks;

/// <summary>The command line of the benchmarks.</summary>
internal static class BenchmarkCommandLine
{
    private const int Failed = 1;

    public static async Task<int> InvokeAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var root = Create(new Benchmarks(output));
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await root.Parse(arguments).InvokeAsync(configuration);
        }
        catch (Exception problem) when (problem is DemoFailedException or IOException)
        {
            await error.WriteLineAsync($"FAILED: {problem.Message}");
            return Failed;
        }
    }

    internal static RootCommand Create(IBenchmarks benchmarks) =>
        new("Measures Understudy on this machine: three nodes, a process each, over loopback.")
        {
            Commit(benchmarks), HostCommand.Create(benchmarks), Failover(benchmarks), Switchover(benchmarks),
            Transfer(benchmarks), FlushFloor(benchmarks), Decide(benchmarks), Tcp(benchmarks),
            ClientsCommand.Create(benchmarks),
        };

    private static Command Commit(IBenchmarks benchmarks)
    {
        var via = Choice(
            "--via", "Clients of kv over HTTP, or callers in the primary's own process.", "process", "process", "http");
        var durability = Choice("--durability", "What an acknowledged write survives.", "memory", "memory", "disk");
        var clients = NumberOption.Of(
            "--clients", "How many clients or callers, each with one write under way.", 64, 1, 1024);
        var seconds = NumberOption.Of("--seconds", "How long to measure, after the warm-up.", 5, 1, 3600);
        var json = Json();
        var beside = new Option<bool>("--beside")
        {
            Description = "Put etcd (three members) and Redis (SET, WAIT 1, two replicas) under the same load, "
                + "by clients of another process, where they are installed.",
        };
        var command = new Command("commit", "The rate of 128-byte writes, and their latency.")
        {
            via, durability, clients, seconds, json, beside,
        };
        command.SetAction((parsed, stop) => benchmarks.CommitAsync(
            new CommitOptions(
                parsed.GetValue(via) == "http",
                parsed.GetValue(durability) == "disk",
                parsed.GetValue(clients),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(json),
                parsed.GetValue(beside)),
            stop));
        return command;
    }

    private static Command Failover(IBenchmarks benchmarks)
    {
        var fault = Choice("--fault", "What strikes the primary's process.", "kill", "kill", "hang");
        var trials = NumberOption.Of("--trials", "How many faults.", 20, 1, 10_000);
        var clients = NumberOption.Of("--clients", "How many clients work beside the writer that is timed.", 4, 0, 64);
        var durability = Choice("--durability", "What an acknowledged write survives.", "disk", "memory", "disk");
        var json = Json();
        var command = new Command("failover", "How long a client's writes pause when the primary is lost.")
        {
            fault, trials, clients, durability, json,
        };
        command.SetAction((parsed, stop) => benchmarks.FailoverAsync(
            new FailoverOptions(
                Faults.Parse(parsed.GetRequiredValue(fault)),
                parsed.GetValue(trials),
                parsed.GetValue(clients),
                parsed.GetValue(durability) == "disk",
                parsed.GetValue(json)),
            stop));
        return command;
    }

    private static Command Switchover(IBenchmarks benchmarks)
    {
        var trials = NumberOption.Of("--trials", "How many switchovers.", 20, 1, 10_000);
        var clients = NumberOption.Of("--clients", "How many clients work beside the writer that is timed.", 4, 0, 64);
        var durability = Choice("--durability", "What an acknowledged write survives.", "disk", "memory", "disk");
        var json = Json();
        var command = new Command("switchover", "How long a client's writes pause when the primary is switched over.")
        {
            trials, clients, durability, json,
        };
        command.SetAction((parsed, stop) => benchmarks.SwitchoverAsync(
            new SwitchoverOptions(
                parsed.GetValue(trials),
                parsed.GetValue(clients),
                parsed.GetValue(durability) == "disk",
                parsed.GetValue(json)),
            stop));
        return command;
    }

    private static Command Transfer(IBenchmarks benchmarks)
    {
        var megabytes = NumberOption.Of("--megabytes", "How large the service's state is.", 1024, 1, 1800);
        var clients = NumberOption.Of("--clients", "How many callers commit meanwhile.", 64, 1, 1000);
        var durability = Choice("--durability", "What an acknowledged write survives.", "memory", "memory", "disk");
        var json = Json();
        var command = new Command("transfer", "How fast a new provider gets a large state, beside commits.")
        {
            megabytes, clients, durability, json,
        };
        command.SetAction((parsed, stop) => benchmarks.TransferAsync(
            new TransferOptions(
                parsed.GetValue(megabytes),
                parsed.GetValue(clients),
                parsed.GetValue(durability) == "disk",
                parsed.GetValue(json)),
            stop));
        return command;
    }

    private static Command FlushFloor(IBenchmarks benchmarks)
    {
        var seconds = NumberOption.Of("--seconds", "How long to measure.", 3, 1, 3600);
        var json = Json();
        var command = new Command("flush-floor", "What three files flushed at the same time reach on this disk.")
        {
            seconds, json,
        };
        command.SetAction((parsed, stop) => benchmarks.FlushFloorAsync(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(json), stop));
        return command;
    }

    private static Command Decide(IBenchmarks benchmarks)
    {
        var services = NumberOption.Of(
            "--services", "How many services, each with two secondaries.", 10_000, 1, 100_000);
        var nodes = NumberOption.Of("--nodes", "How many nodes.", 50, 4, 200);
        var trials = NumberOption.Of("--trials", "How many nodes are lost, each by itself.", 10, 1, 1000);
        var json = Json();
        var command = new Command("decide", "What deciding on the loss of a node costs; without processes.")
        {
            services, nodes, trials, json,
        };
        command.SetAction((parsed, _) => benchmarks.DecideAsync(new DecideOptions(
            parsed.GetValue(services), parsed.GetValue(nodes), parsed.GetValue(trials), parsed.GetValue(json))));
        return command;
    }

    private static Command Tcp(IBenchmarks benchmarks)
    {
        var connections = NumberOption.Of(
            "--connections", "How many have one small request under way each.", 50, 1, 1000);
        var rounds = NumberOption.Of("--rounds", "How often each way is measured; the median counts.", 5, 1, 1000);
        var json = Json();
        var command = new Command("tcp", "What TCP forwarding lets through, beside HAProxy and no hop at all.")
        {
            connections, rounds, json,
        };
        command.SetAction((parsed, stop) => benchmarks.TcpAsync(
            new TcpOptions(parsed.GetValue(connections), parsed.GetValue(rounds), parsed.GetValue(json)), stop));
        return command;
    }

    internal static Option<bool> Json() => new("--json") { Description = "End with the result as one JSON object." };

    internal static Option<string> Choice(string name, string what, string usual, params string[] choices)
    {
        var option = new Option<string>(name)
        {
            Description = what,
            HelpName = string.Join('|', choices),
            DefaultValueFactory = _ => usual,
        };
        option.AcceptOnlyFromAmong(choices);
        return option;
    }
}
