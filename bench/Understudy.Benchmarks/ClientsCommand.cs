using System.CommandLine;
using Understudy.Cli;

namespace Understudy.Benchmarks;

/// <summary>The command that measures the ways in.</summary>
internal static class ClientsCommand
{
    public static Command Create(IBenchmarks benchmarks)
    {
        var only = BenchmarkCommandLine.Choice(
            "--only",
            "One part of it.",
            "all",
            [.. Enum.GetNames<ClientsParts>().Select(part => part.ToLowerInvariant())]);
        var seconds = NumberOption.Of(
            "--seconds", "How long to compare each way with none, for reads and for changes.", 8, 1, 3600);
        var trials = NumberOption.Of("--trials", "How many primaries are killed.", 10, 1, 10_000);
        var rounds = NumberOption.Of(
            "--rounds", "How often each way of TCP is measured; the median counts.", 5, 1, 1000);
        var held = NumberOption.Of(
            "--held", "How many requests one node holds, each of its own connection.", 5000, 1, 9000);
        var durability = BenchmarkCommandLine.Choice(
            "--durability", "What an acknowledged write survives, where primaries are lost.", "disk", "memory", "disk");
        var json = BenchmarkCommandLine.Json();
        var command = new Command("clients", "What the ways to reach a service cost: added latency, gaps, throughput.")
        {
            only, seconds, trials, rounds, held, durability, json,
        };
        command.SetAction((parsed, stop) => benchmarks.ClientsAsync(
            new ClientsOptions(
                Enum.Parse<ClientsParts>(parsed.GetRequiredValue(only), ignoreCase: true),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                parsed.GetValue(trials),
                parsed.GetValue(rounds),
                parsed.GetValue(held),
                parsed.GetValue(durability) == "disk",
                parsed.GetValue(json)),
            stop));
        return command;
    }
}
