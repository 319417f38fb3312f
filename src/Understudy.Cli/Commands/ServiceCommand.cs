using System.CommandLine;
using Understudy.Cli.Operations;
using Understudy.Contracts;

namespace Understudy.Cli.Commands;

/// <summary><c>understudy service</c>: adds, changes, removes, holds, resumes, recovers and audits services.</summary>
internal static class ServiceCommand
{
    public static Command Create(Terminal terminal) => new(
        "service", "Add, change, remove, hold, resume, recover or audit a service.")
    {
        Add(terminal),
        Change(terminal),
        OfService(terminal, "remove", CommandNames.RemoveService, "End a service; its state is deleted everywhere."),
        OfService(terminal, "hold", CommandNames.Hold, "Place and move nothing of a service; only fail it over."),
        OfService(terminal, "resume", CommandNames.Resume, "End a hold of a service; its failures are forgotten."),
        OfService(terminal, "audit", CommandNames.Audit, "Compare the states of a service's providers."),
        Recover(terminal),
    };

    public static Argument<string> Service() => new("SERVICE") { Description = "The name of the service." };

    private static Command Add(Terminal terminal)
    {
        var service = Service();
        var kind = new Option<string>("--kind")
        {
            Description = "Which code provides it.",
            HelpName = "KIND",
            DefaultValueFactory = _ => ServiceConfiguration.KeyValue,
        };
        var durability = new Option<string?>("--durability")
        {
            Description = "What an acknowledged update survives: disk or memory. Default disk.",
            HelpName = "disk|memory",
        };
        durability.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: var text }] || text is "disk" or "memory") return;
            result.AddError($"there is no --durability {text}: it is disk, memory.");
        });
        var shape = new ShapeOptions(isNew: true);
        var command = new Command("add", "Add a service while the cluster runs.") { service, kind, durability };
        shape.AddTo(command);
        return OperationOptions.Add(
            command,
            terminal,
            parsed => shape.Complete(parsed, new CommandDocument
            {
                Command = CommandNames.AddService,
                Service = parsed.GetRequiredValue(service),
                Kind = parsed.GetRequiredValue(kind),
                Durability = parsed.GetValue(durability),
            }),
            document => _ => new ServiceStart(document.Service!));
    }

    private static Command Change(Terminal terminal)
    {
        var service = Service();
        var shape = new ShapeOptions(isNew: false);
        var command = new Command(
            "change", "Change what is given of a service. An empty list, such as --only \"\", lifts a rule.")
        {
            service,
        };
        shape.AddTo(command);
        command.Validators.Add(result =>
        {
            if (!shape.IsAnyGiven(result)) result.AddError($"say what to change: {shape.Names}.");
        });
        return OperationOptions.Add(command, terminal, parsed => shape.Complete(parsed, new CommandDocument
        {
            Command = CommandNames.ChangeService,
            Service = parsed.GetRequiredValue(service),
        }));
    }

    private static Command Recover(Terminal terminal)
    {
        var service = Service();
        var from = new Option<string?>("--from")
        {
            Description = "The node whose copy it goes on from. Default: it begins empty.",
            HelpName = "NODE",
        };
        var accept = new Option<bool>("--accept-loss")
        {
            Description = "What no copy has is lost for good. Without this, it is told and nothing is done.",
        };
        var command = new Command("recover", "Let a service go on whose in-sync copies are all gone.")
        {
            service, from, accept,
        };
        return OperationOptions.Add(
            command,
            terminal,
            parsed => new CommandDocument
            {
                Command = CommandNames.Recover,
                Service = parsed.GetRequiredValue(service),
                Node = parsed.GetValue(from),
                AcceptLoss = parsed.GetValue(accept),
            },
            document => _ => new ServiceStart(document.Service!));
    }

    private static Command OfService(Terminal terminal, string name, string asked, string description)
    {
        var service = Service();
        return OperationOptions.Add(
            new Command(name, description) { service },
            terminal,
            parsed => new CommandDocument { Command = asked, Service = parsed.GetRequiredValue(service) });
    }
}
