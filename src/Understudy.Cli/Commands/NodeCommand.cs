using System.CommandLine;
using System.Diagnostics;
using Understudy.Kernel;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy node</c>: runs one node of a cluster until SIGTERM or SIGINT.</summary>
internal static class NodeCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Option<string>("--config")
        {
            Description = "The cluster's TOML file, the same on every node.",
            HelpName = "FILE",
            Required = true,
        };
        var id = new Option<string>("--id")
        {
            Description = "Which node of the file this is.",
            HelpName = "ID",
            Required = true,
        };
        var data = new Option<string>("--data")
        {
            Description = "The folder of the node's durable state; made if missing.",
            HelpName = "DIR",
            Required = true,
        };
        var tied = new Option<bool>("--end-with-stdin")
        {
            Description = "End at once when standard input is closed: the node must not outlive who started it.",
            Hidden = true,
        };

        var command = new Command("node", "Run one node of a cluster, or drain, undrain or release one.")
        {
            file, id, data, tied,
        };
        foreach (var operation in NodeOperations.Create(terminal)) command.Add(operation);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(tied)) EndWithStandardInput();
            return RunAsync(
                terminal, parsed.GetRequiredValue(file), parsed.GetRequiredValue(id), parsed.GetRequiredValue(data));
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string file, string id, string data)
    {
        var self = new NodeId(id);
        switch (ConfigurationFile.Read(file))
        {
            case ConfigurationResult.Invalid invalid:
                foreach (var problem in invalid.Problems) await terminal.Error.WriteLineAsync(problem.ToString());
                return ExitCodes.Misused;
            case ConfigurationResult.Valid valid:
                if (valid.Configuration.CheckSelf(self, file) is { } missing)
                {
                    await terminal.Error.WriteLineAsync(missing.ToString());
                    return ExitCodes.Misused;
                }

                if (!await DataFolder.MakeAsync(data, terminal)) return ExitCodes.Misused;
                using (var signals = new StopSignals())
                    return await terminal.RunNode(valid.Configuration, self, Path.GetFullPath(data), signals.Token);
            default:
                throw new UnreachableException();
        }
    }

    private static void EndWithStandardInput()
    {
        var watch = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            var buffer = new byte[16];
            while (input.Read(buffer) > 0)
            {
                // Whatever comes means nothing; only the end does.
            }

            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "end with stdin",
        };
        watch.Start();
    }
}
