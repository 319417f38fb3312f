using System.CommandLine;
using Spectre.Console;
using Profile = Understudy.Kernel.Profile;

namespace Understudy.Cli.Demo;

/// <summary><c>understudy demo</c>: a cluster on this machine whose primary is killed again and again.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        var defaults = new DemoOptions();
        var nodes = NumberOption.Of(
            "--nodes",
            "How many nodes.",
            defaults.Nodes,
            DemoOptions.FewestNodes,
            DemoOptions.MostNodes,
            " Of two nodes one could not go on alone, and one has no understudy.");
        var rounds = NumberOption.Of("--rounds", "How many faults.", defaults.Rounds, 1, 100_000);
        var clients = NumberOption.Of("--clients", "How many clients.", defaults.Clients, 1, DemoOptions.MostClients);
        var fault = Choice("--fault", "What strikes.", Faults.Names[0], Faults.Names);
        var profile = Choice("--profile", "All timings.", Profile.Lan.Name, [.. Profile.All.Select(each => each.Name)]);
        var durability = Choice("--durability", "What an acknowledged write survives.", "disk", "disk", "memory");
        var keep = new Option<bool>("--keep") { Description = "Leave data and logs." };
        var json = new Option<bool>("--json") { Description = "End with the summary as one JSON object." };

        var command = new Command(
            "demo",
            "Start a cluster on this machine, kill its primary again and again, and check that nothing is lost.")
        {
            nodes, rounds, clients, fault, profile, durability, keep, json,
        };
        command.SetAction(parsed => RunAsync(terminal, new DemoOptions
        {
            Nodes = parsed.GetValue(nodes),
            Rounds = parsed.GetValue(rounds),
            Clients = parsed.GetValue(clients),
            Fault = Faults.Parse(parsed.GetRequiredValue(fault)),
            Profile = Profile.All.First(each => each.Name == parsed.GetValue(profile)),
            Durability = parsed.GetValue(durability) == "memory" ? Durability.Memory : Durability.Disk,
            Keep = parsed.GetValue(keep),
            Json = parsed.GetValue(json),
        }));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, DemoOptions options)
    {
        if (OperatingSystem.IsWindows())
        {
            await terminal.Error.WriteLineAsync("understudy: the demo needs POSIX signals; run it on Linux or macOS.");
            return ExitCodes.Misused;
        }

        var folder = Directory.CreateTempSubdirectory("understudy-demo-").FullName;
        var isGood = false;
        using var signals = new StopSignals();
        try
        {
            using var cluster = new DemoCluster(options, folder);
            var view = View(terminal, options);
            var summary = await view.ShowAsync(() => new DemoRun(options, cluster, view).RunAsync(signals.Token));
            isGood = summary.IsGood;
            await terminal.Output.WriteLineAsync($"\n{summary}");
            if (options.Json) await terminal.Output.WriteLineAsync(summary.ToJson());
        }
        catch (DemoFailedException error)
        {
            await terminal.Error.WriteLineAsync($"FAILED: {error.Message}");
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            await terminal.Error.WriteLineAsync("stopped before the end");
        }

        // After a failure the logs are what its finder needs.
        var isKept = options.Keep || (!isGood && !signals.Token.IsCancellationRequested);
        if (isKept) await terminal.Error.WriteLineAsync($"data and logs are left in {folder}");
        else DataFolder.Remove(folder);
        return isGood ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static IDemoView View(Terminal terminal, DemoOptions options)
    {
        var isTerminal = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive && !options.Json;
        return isTerminal ? new LiveView(AnsiConsole.Console, options) : new PlainView(terminal.Output);
    }

    private static Option<string> Choice(string name, string what, string usual, params string[] choices)
    {
        var option = new Option<string>(name)
        {
            Description = what,
            HelpName = string.Join('|', choices),
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !choices.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
                result.AddError($"there is no {name} {result.Tokens[0].Value}: it is {string.Join(", ", choices)}.");
        });
        return option;
    }
}
