using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Understudy.Contracts;
using Understudy.Replication;

namespace Understudy.Http;

/// <summary>Operators' commands over HTTP: <c>POST /api/v1/commands</c>.</summary>
internal sealed class CommandEndpoint(ICommandGateway commands, INodeState node)
{
    /// <summary>The longest command, in bytes.</summary>
    public const int MaxBody = 64 << 10;

    private const string ContentType = "application/json";

    public async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await Answers.MethodNotAllowedAsync(context, "POST");
            return;
        }

        // A page in a browser on this machine cannot send this type to another site: it must ask first, in vain.
        if (!IsJson(context.Request))
        {
            await Answers.ProblemAsync(
                context,
                StatusCodes.Status415UnsupportedMediaType,
                $"A command is sent as Content-Type: {ContentType}.");
            return;
        }

        if (!Idempotency.TryReadKey(context.Request.Headers, out var key, out var reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason);
            return;
        }

        if (await ReadAsync(context) is not { } command) return; // ReadAsync has refused it.
        var told = await commands.CommandAsync(command, key, context.RequestAborted);
        await WriteAsync(context, told);
    }

    private async Task<OperatorCommand?> ReadAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context.Request, MaxBody, admission: null, context.RequestAborted);
        if (body is null)
        {
            await Answers.ProblemAsync(
                context, StatusCodes.Status413PayloadTooLarge, $"A command may have up to {MaxBody} bytes.");
            return null;
        }

        if (!TryParse(body, out var document, out var reason)
            || !new CommandReader(node).TryRead(document, out var command, out reason))
        {
            await Answers.ProblemAsync(context, StatusCodes.Status400BadRequest, reason);
            return null;
        }

        return command;
    }

    /// <summary>Reads the document. A field that it does not have, or of another type, gives a reason.</summary>
    internal static bool TryParse(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out CommandDocument? document,
        [NotNullWhen(false)] out string? reason)
    {
        (document, reason) = (null, null);
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object) reason = "A command is a JSON object.";
            reason ??= UnknownField(json.RootElement);
            if (reason is null) document = json.RootElement.Deserialize(ContractsJson.Default.CommandDocument);
        }
        catch (JsonException damage) when (damage.Path is ['$', '.', .. var field])
        {
            reason = $"\"{field}\" has a value that it cannot have. {CommandReader.Meaning(field)}";
        }
        catch (JsonException damage)
        {
            reason = damage.Message.Contains("required", StringComparison.Ordinal)
                ? $"\"command\" is missing. {CommandReader.Meaning("command")}"
                : $"The body is not JSON: {damage.Message}";
        }

        return document is not null;
    }

    private static string? UnknownField(JsonElement root)
    {
        var known = ContractsJson.Default.CommandDocument.Properties.Select(property => property.Name).ToArray();
        foreach (var field in root.EnumerateObject())
        {
            if (known.Contains(field.Name, StringComparer.Ordinal)) continue;
            var near = Spelling.Nearest(field.Name, known);
            return $"There is no field \"{Names.Printable(field.Name)}\"."
                + (near is null ? $" The fields are {string.Join(", ", known)}." : $" Did you mean \"{near}\"?");
        }

        return null;
    }

    private static Task WriteAsync(HttpContext context, CommandAnswer told) => told.Outcome switch
    {
        CommandOutcome.Done => WriteAsync(context, CommandOutcomes.Done, told.Text),
        CommandOutcome.Accepted => WriteAsync(context, CommandOutcomes.Accepted, told.Text),
        CommandOutcome.Refused => Answers.ProblemAsync(context, StatusCodes.Status409Conflict, told.Text),
        CommandOutcome.Unavailable =>
            Answers.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, told.Text),
        _ => throw new UnreachableException($"Unknown outcome {told.Outcome}."),
    };

    private static Task WriteAsync(HttpContext context, string outcome, string text) => Answers.BodyAsync(
        context,
        ContentType,
        JsonSerializer.SerializeToUtf8Bytes(
            new CommandAnswerDocument(outcome, text), ContractsJson.Default.CommandAnswerDocument));

    private static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase);
}
