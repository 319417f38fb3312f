using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Understudy.Contracts;
using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Http;

/// <summary>
/// Makes an operator's command of its document, and says of one that is not understood what is wrong. A change of a
/// service is completed with what this node knows of it: only what is given changes.
/// </summary>
internal sealed class CommandReader(INodeState node)
{
    private const string Service = "service";
    private const string Node = "node";
    private const string StartEmpty = "start-empty";
    private const string Periodic = "periodic";
    private const string Never = "never";
    private const int MostMinutes = 24 * 60;

    /// <summary>What means nothing to a program of its own, as in a cluster's file.</summary>
    private static readonly string[] _state =
    [
        "durability", "checkpoints", "interval", "auditEvery", "keepKeys", "minInSync", "totalLoss", "restarts",
        "restartMinutes",
    ];

    private static readonly string[] _shape =
    [
        "secondaries", "spares", "checkpoints", "interval", "auditEvery", "keepKeys", "minInSync", "totalLoss",
        "restarts", "restartMinutes",
        "prefer", "only", "never", "with", "after", "apart",
    ];

    /// <summary>What each command is called, which fields it needs, which it may have, and what it becomes.</summary>
    private static readonly Form[] _forms =
    [
        new(CommandNames.AddService, [Service, "kind"], ["durability", .. _shape], (_, d) =>
            new OperatorCommand.AddService(Complete(d, New(d)))),
        new(CommandNames.ChangeService, [Service], _shape, (known, d) =>
            new OperatorCommand.ChangeService(Complete(d, known!))),
        new(CommandNames.RemoveService, [Service], [], (_, d) => new OperatorCommand.RemoveService(new(d.Service!))),
        new(CommandNames.AddProvider, [Service, Node], [], (_, d) =>
            new OperatorCommand.AddProvider(new(d.Service!), new(d.Node!))),
        new(CommandNames.RemoveProvider, [Service, Node], [], (_, d) =>
            new OperatorCommand.RemoveProvider(new(d.Service!), new(d.Node!))),
        new(CommandNames.Switchover, [Service], [Node], (_, d) =>
            new OperatorCommand.Switchover(ServiceOrRm(d), d.Node is null ? null : new NodeId(d.Node))),
        new(CommandNames.Abort, [Service], [], (_, d) => new OperatorCommand.Abort(ServiceOrRm(d))),
        new(CommandNames.Failover, [Service], ["acceptLoss"], (_, d) =>
            new OperatorCommand.Failover(new(d.Service!), d.AcceptLoss ?? false)),
        new(CommandNames.Drain, [Node], [], (_, d) => new OperatorCommand.Drain(new(d.Node!))),
        new(CommandNames.Undrain, [Node], [], (_, d) => new OperatorCommand.Undrain(new(d.Node!))),
        new(CommandNames.Release, [Node], [], (_, d) => new OperatorCommand.Release(new(d.Node!))),
        new(CommandNames.Recover, [Service], [Node, "acceptLoss"], (_, d) => new OperatorCommand.Recover(
            new(d.Service!), d.Node is null ? null : new NodeId(d.Node), d.AcceptLoss ?? false)),
        new(CommandNames.Hold, [], [Service], (_, d) => new OperatorCommand.Hold(ServiceOrCluster(d))),
        new(CommandNames.Resume, [], [Service], (_, d) => new OperatorCommand.Resume(ServiceOrCluster(d))),
        new(CommandNames.Audit, [Service], [], (_, d) => new OperatorCommand.Audit(new(d.Service!))),
    ];

    /// <summary>What a field means, in a sentence, for whoever got it wrong.</summary>
    public static string Meaning(string field) => field.Split('[')[0] switch
    {
        "command" => $"It is one of {string.Join(", ", _forms.Select(form => form.Name))}.",
        "secondaries" or "spares" => $"It is a whole number from 0 to {ServiceConfiguration.MaxProviders}.",
        "minInSync" => $"It is a whole number from 1 to {1 + ServiceConfiguration.MaxProviders}.",
        "restarts" => $"It is a whole number from 0 to {ServiceConfiguration.MaxRestarts}.",
        "restartMinutes" => $"It is a whole number from 1 to {MostMinutes}.",
        "totalLoss" => $"It is \"wait\" or \"{StartEmpty}\".",
        "checkpoints" => $"It is \"before-reply\" or \"{Periodic}\".",
        "interval" => "It is a time from \"10ms\" to \"1h\", such as \"1s\".",
        "auditEvery" => $"It is \"{Never}\", or a time from \"1m\" to \"365d\", such as \"12h\".",
        "keepKeys" => "It is a time from \"1m\" to \"365d\", such as \"12h\".",
        "acceptLoss" => "It is true or false.",
        "prefer" or "only" or "never" => "It is a list of nodes, such as [\"n1\", \"n2\"].",
        "with" or "after" or "apart" => "It is a list of services, such as [\"kv\"].",
        "durability" => "It is \"disk\" or \"memory\".",
        _ => "It is a name, in quotes.",
    };

    public bool TryRead(
        CommandDocument document,
        [NotNullWhen(true)] out OperatorCommand? command,
        [NotNullWhen(false)] out string? reason)
    {
        command = null;
        var form = Array.Find(_forms, form => form.Name == document.Command);
        reason = form is null ? NoSuchCommand(document.Command) : form.WhyWrong(document) ?? WhyWrong(document);
        if (reason is not null) return false;
        ServiceDefinition? known = null;
        if (document.Command == CommandNames.ChangeService)
        {
            known = node.DefinitionOf(new ServiceName(document.Service!));
            reason = known is null ? $"{node.Node} knows of no service {document.Service}, so cannot change it." : null;
            if (reason is not null) return false;
        }

        var isExternal = (known?.Kind ?? document.Kind) == ServiceConfiguration.ExternalKind;
        if (isExternal && Form.Given(document).FirstOrDefault(_state.Contains) is { } field)
        {
            reason = $"\"{field}\" means nothing to {document.Service}, which is of kind "
                + $"\"{ServiceConfiguration.ExternalKind}\": Understudy has neither its code nor its state. "
                + "Leave it out.";
            return false;
        }

        if (document is { Interval: not null, Checkpoints: not Periodic }
            && (document.Checkpoints is not null || known is not { IsPeriodic: true }))
        {
            reason = $"\"interval\" is given, but {document.Service} is not \"{Periodic}\". Give \"checkpoints\" too.";
            return false;
        }

        command = form!.Make(known, document);
        return true;
    }

    private static string NoSuchCommand(string name)
    {
        var near = Spelling.Nearest(name, _forms.Select(form => form.Name));
        return $"There is no command \"{Names.Printable(name)}\". {Meaning("command")}"
            + (near is null ? "" : $" Did you mean \"{near}\"?");
    }

    private string? WhyWrong(CommandDocument document)
    {
        IEnumerable<string?> problems =
        [
            WhyNoName(document.Service, "service"),
            WhyNoNode(document.Node),
            WhyNoName(document.Kind, "kind's"),
            WhyNoChoice("durability", document.Durability, "disk", "memory"),
            WhyNoChoice("totalLoss", document.TotalLoss, "wait", StartEmpty),
            WhyNoChoice("checkpoints", document.Checkpoints, "before-reply", Periodic),
            WhyNoTime("interval", document.Interval, ServiceDefinition.IsInterval),
            WhyNoTime("auditEvery", document.AuditEvery == Never ? null : document.AuditEvery, every =>
                every > TimeSpan.Zero && ServiceConfiguration.IsAudit(every)),
            WhyNoTime("keepKeys", document.KeepKeys, ServiceConfiguration.IsKeyAge),
            WhyNoCount("secondaries", document.Secondaries, 0, ServiceConfiguration.MaxProviders),
            WhyNoCount("spares", document.Spares, 0, ServiceConfiguration.MaxProviders),
            WhyNoCount("minInSync", document.MinInSync, 1, 1 + ServiceConfiguration.MaxProviders),
            WhyNoCount("restarts", document.Restarts, 0, ServiceConfiguration.MaxRestarts),
            WhyNoCount("restartMinutes", document.RestartMinutes, 1, MostMinutes),
            .. Listed(document.Prefer, document.Only, document.Never).Select(WhyNoNode),
            .. Listed(document.With, document.After, document.Apart).Select(name => WhyNoName(name, "service")),
        ];
        return problems.FirstOrDefault(problem => problem is not null);
    }

    private static string? WhyNoName(string? name, string what) => name is null || Names.IsGood(name)
        ? null
        : $"\"{Names.Printable(name)}\" is not a {what} name: it has 1 to {NodeId.MaxLength} letters, digits and - _ .";

    private string? WhyNoNode(string? name)
    {
        if (name is null || node.Nodes.Contains(new NodeId(name))) return null;
        var near = Spelling.Nearest(name, node.Nodes.Select(each => each.Value));
        return $"There is no node \"{Names.Printable(name)}\" in the cluster's file; it has "
            + $"{string.Join(", ", node.Nodes)}.{(near is null ? "" : $" Did you mean \"{near}\"?")}";
    }

    private static string? WhyNoCount(string field, int? count, int least, int most) =>
        count is null || (count >= least && count <= most) ? null : $"\"{field}\" is {count}. {Meaning(field)}";

    private static string? WhyNoTime(string field, string? text, Func<TimeSpan, bool> isGood) =>
        text is null || (Durations.TryParse(text, out var time) && isGood(time))
            ? null
            : $"\"{field}\" is \"{Names.Printable(text)}\". {Meaning(field)}";

    private static string? WhyNoChoice(string field, string? chosen, params string[] choices) =>
        chosen is null || choices.Contains(chosen)
            ? null
            : $"\"{field}\" is \"{Names.Printable(chosen)}\". {Meaning(field)}";

    private static IEnumerable<string?> Listed(params IReadOnlyList<string>?[] lists) =>
        lists.SelectMany(list => list ?? []).Select(name => name ?? "");

    private static ServiceName? ServiceOrCluster(CommandDocument document) =>
        document.Service is null ? null : new ServiceName(document.Service);

    private static ServiceName ServiceOrRm(CommandDocument document) =>
        document.Service == CommandDocument.ReplicaManager ? OperatorCommand.Rm : new ServiceName(document.Service!);

    private static ServiceDefinition New(CommandDocument document) =>
        document.Kind == ServiceConfiguration.ExternalKind
            ? ServiceConfiguration.External(document.Service!).ToDefinition()
            : new ServiceDefinition(
                new ServiceName(document.Service!),
                document.Kind!,
                ServiceConfiguration.DefaultSecondaries,
                ServiceConfiguration.DefaultSpares,
                document.Durability != "memory");

    private static ServiceDefinition Complete(CommandDocument document, ServiceDefinition known) => known with
    {
        Secondaries = document.Secondaries ?? known.Secondaries,
        Spares = document.Spares ?? known.Spares,
        MinInSync = document.MinInSync ?? known.MinInSync,
        TotalLoss = document.TotalLoss switch
        {
            null => known.TotalLoss,
            StartEmpty => TotalLossPolicy.StartEmpty,
            _ => TotalLossPolicy.Wait,
        },
        CheckpointEvery = IntervalOf(document, known),
        AuditEvery = document.AuditEvery switch
        {
            null => known.AuditEvery,
            Never => TimeSpan.Zero,
            var text => TimeOf(text),
        },
        KeepKeysFor = document.KeepKeys is { } keep ? TimeOf(keep) : known.KeepKeysFor,
        Restarts = document.Restarts ?? known.Restarts,
        RestartWindow = document.RestartMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : known.RestartWindow,
        Preferred = NodesOf(document.Prefer, known.Preferred),
        Only = NodesOf(document.Only, known.Only),
        Never = NodesOf(document.Never, known.Never),
        With = ServicesOf(document.With, known.With),
        After = ServicesOf(document.After, known.After),
        Apart = ServicesOf(document.Apart, known.Apart),
    };

    /// <summary>Zero before the reply. An interval alone is of a service that is periodic already.</summary>
    private static TimeSpan IntervalOf(CommandDocument document, ServiceDefinition known)
    {
        var isPeriodic = document.Checkpoints is { } mode ? mode == Periodic : known.IsPeriodic;
        if (!isPeriodic) return TimeSpan.Zero;
        if (document.Interval is { } interval) return TimeOf(interval);
        return known.IsPeriodic ? known.CheckpointEvery : ServiceDefinition.DefaultInterval;
    }

    private static TimeSpan TimeOf(string text) => Durations.TryParse(text, out var time) ? time : TimeSpan.Zero;

    private static ImmutableArray<NodeId> NodesOf(IReadOnlyList<string>? names, ImmutableArray<NodeId> known) =>
        names is null ? known : [.. names.Distinct().Select(name => new NodeId(name))];

    private static ImmutableArray<ServiceName> ServicesOf(
        IReadOnlyList<string>? names, ImmutableArray<ServiceName> known) =>
        names is null ? known : [.. names.Distinct().Select(name => new ServiceName(name))];

    /// <summary>What a command's document must and may have.</summary>
    private sealed record Form(
        string Name,
        string[] Needed,
        string[] Allowed,
        Func<ServiceDefinition?, CommandDocument, OperatorCommand> Make)
    {
        public string? WhyWrong(CommandDocument document)
        {
            string[] given = [.. Given(document)];
            if (Array.Find(Needed, field => !given.Contains(field)) is { } missing)
                return $"{Name} needs \"{missing}\". {Meaning(missing)}";
            var other = Array.Find(given, field => !Needed.Contains(field) && !Allowed.Contains(field));
            return other is null
                ? null
                : $"{Name} takes no \"{other}\": it takes {string.Join(", ", (string[])[.. Needed, .. Allowed])}.";
        }

        public static IEnumerable<string> Given(CommandDocument document) =>
            ContractsJson.Default.CommandDocument.Properties
                .Where(property => property.Name != "command" && property.Get!(document) is not null)
                .Select(property => property.Name);
    }
}
