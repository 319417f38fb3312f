using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Understudy.Kernel;

namespace Understudy.Replication.Protocol;

/// <summary>Turns operators' commands and what they are told into bytes and back (replication.proto).</summary>
public static class CommandCodec
{
    private static readonly MessageParser<Wire.OperatorCommand> CommandParser =
        Wire.OperatorCommand.Parser.WithDiscardUnknownFields(true);

    private static readonly MessageParser<Wire.CommandAnswer> AnswerParser =
        Wire.CommandAnswer.Parser.WithDiscardUnknownFields(true);

    /// <summary>The command's bytes.</summary>
    public static byte[] Encode(OperatorCommand command) => ToWire(command).ToByteArray();

    /// <summary>Reads a command. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out OperatorCommand? command,
        [NotNullWhen(false)] out string? reason)
    {
        command = null;
        reason = null;
        if (body.Length > ReplicationCodec.MaxBody) reason = $"a command of {body.Length} bytes";
        if (reason is not null) return false;
        try
        {
            command = FromWire(CommandParser.ParseFrom(body), ref reason);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"a command is damaged: {damage.Message}";
        }

        if (reason is not null) command = null;
        else if (command is null) reason = "a command of an unknown kind";
        return command is not null;
    }

    /// <summary>The answer's bytes.</summary>
    public static byte[] Encode(CommandAnswer answer) =>
        new Wire.CommandAnswer { Outcome = (uint)answer.Outcome, Text = answer.Text }.ToByteArray();

    /// <summary>Reads an answer. Damaged bytes give false and a reason, never an exception.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out CommandAnswer? answer,
        [NotNullWhen(false)] out string? reason)
    {
        answer = null;
        reason = null;
        try
        {
            var wire = AnswerParser.ParseFrom(body);
            if (wire.Outcome > (uint)CommandOutcome.Unavailable) reason = $"an outcome {wire.Outcome}";
            else answer = new CommandAnswer((CommandOutcome)wire.Outcome, wire.Text);
        }
        catch (InvalidProtocolBufferException damage)
        {
            reason = $"a command's answer is damaged: {damage.Message}";
        }

        return answer is not null;
    }

    private static Wire.OperatorCommand ToWire(OperatorCommand command) => command switch
    {
        OperatorCommand.AddService c => new() { AddService = ReplicationCodec.ToWire(c.Definition) },
        OperatorCommand.ChangeService c => new() { ChangeService = ReplicationCodec.ToWire(c.Definition) },
        OperatorCommand.RemoveService c => new() { RemoveService = c.Service.Value },
        OperatorCommand.AddProvider c => new() { AddProvider = On(c.Service, c.Node) },
        OperatorCommand.RemoveProvider c => new() { RemoveProvider = On(c.Service, c.Node) },
        OperatorCommand.Switchover c => new() { Switchover = On(c.Service, c.Target) },
        OperatorCommand.Abort c => new() { Abort = c.Service.Value },
        OperatorCommand.Failover c => new()
        {
            Failover = new() { Service = c.Service.Value, AcceptsLoss = c.AcceptsLoss },
        },
        OperatorCommand.Drain c => new() { Drain = c.Node.Value },
        OperatorCommand.Undrain c => new() { Undrain = c.Node.Value },
        OperatorCommand.Recover c => new()
        {
            Recover = new()
            {
                Service = c.Service.Value,
                From = c.From?.Value ?? "",
                AcceptsLoss = c.AcceptsLoss,
            },
        },
        OperatorCommand.Release c => new() { Release = c.Node.Value },
        OperatorCommand.Hold c => new() { Hold = c.Service?.Value ?? "" },
        OperatorCommand.Resume c => new() { Resume = c.Service?.Value ?? "" },
        OperatorCommand.Audit c => new() { Audit = c.Service.Value },
        _ => throw new UnreachableException($"Unknown command {command}."),
    };

    private static Wire.ServiceOnNode On(ServiceName service, NodeId? node) =>
        new() { Service = service.Value, Node = node?.Value ?? "" };

    private static OperatorCommand? FromWire(Wire.OperatorCommand wire, ref string? fault) => wire.BodyCase switch
    {
        Wire.OperatorCommand.BodyOneofCase.AddService =>
            Of(ReplicationCodec.ToDefinition(wire.AddService, ref fault), d => new OperatorCommand.AddService(d)),
        Wire.OperatorCommand.BodyOneofCase.ChangeService =>
            Of(ReplicationCodec.ToDefinition(wire.ChangeService, ref fault), d => new OperatorCommand.ChangeService(d)),
        Wire.OperatorCommand.BodyOneofCase.RemoveService =>
            new OperatorCommand.RemoveService(Service(wire.RemoveService, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.AddProvider => new OperatorCommand.AddProvider(
            Service(wire.AddProvider.Service, ref fault), Node(wire.AddProvider.Node, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.RemoveProvider => new OperatorCommand.RemoveProvider(
            Service(wire.RemoveProvider.Service, ref fault), Node(wire.RemoveProvider.Node, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Switchover => new OperatorCommand.Switchover(
            Service(wire.Switchover.Service, ref fault),
            wire.Switchover.Node.Length == 0 ? null : Node(wire.Switchover.Node, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Abort => new OperatorCommand.Abort(Service(wire.Abort, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Failover => new OperatorCommand.Failover(
            Service(wire.Failover.Service, ref fault), wire.Failover.AcceptsLoss),
        Wire.OperatorCommand.BodyOneofCase.Drain => new OperatorCommand.Drain(Node(wire.Drain, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Undrain => new OperatorCommand.Undrain(Node(wire.Undrain, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Recover => new OperatorCommand.Recover(
            Service(wire.Recover.Service, ref fault),
            wire.Recover.From.Length == 0 ? null : Node(wire.Recover.From, ref fault),
            wire.Recover.AcceptsLoss),
        Wire.OperatorCommand.BodyOneofCase.Release => new OperatorCommand.Release(Node(wire.Release, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Hold => new OperatorCommand.Hold(
            wire.Hold.Length == 0 ? null : Service(wire.Hold, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Resume => new OperatorCommand.Resume(
            wire.Resume.Length == 0 ? null : Service(wire.Resume, ref fault)),
        Wire.OperatorCommand.BodyOneofCase.Audit => new OperatorCommand.Audit(Service(wire.Audit, ref fault)),
        _ => null,
    };

    private static OperatorCommand? Of(ServiceDefinition? definition, Func<ServiceDefinition, OperatorCommand> make) =>
        definition is null ? null : make(definition);

    private static ServiceName Service(string name, ref string? fault) => ReplicationCodec.ToService(name, ref fault);

    private static NodeId Node(string name, ref string? fault) => ReplicationCodec.ToNode(name, ref fault);
}
