using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Contracts;

namespace Understudy.Cli.Tests;

/// <summary>A node on loopback that notes the commands it is given, and shows one status after the other.</summary>
internal sealed class OperatedNode : IAsyncDisposable
{
    private FakeNode _node = null!;
    private int _looks;

    public string Address => _node.Address;

    /// <summary>The commands that were given, with their keys.</summary>
    public List<(CommandDocument Command, string? Key)> Given { get; } = [];

    /// <summary>How commands are answered.</summary>
    public CommandAnswerDocument Answer { get; set; } = new(CommandOutcomes.Accepted, "It is begun.");

    /// <summary>If set, commands are answered with this problem.</summary>
    public ProblemDocument? Problem { get; set; }

    /// <summary>The statuses, one for each look; the last one stays.</summary>
    public StatusDocument[] Statuses { get; set; } = [Documents.Whole];

    public HistoryDocument History { get; set; } = new() { Node = "n1", Changes = [] };

    public static async Task<OperatedNode> StartAsync()
    {
        var operated = new OperatedNode();
        operated._node = await FakeNode.StartAsync(operated.AnswerAsync);
        return operated;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case StatusDocument.Path:
                var status = Statuses[Math.Min(_looks++, Statuses.Length - 1)];
                await context.Response.WriteAsync(
                    JsonSerializer.Serialize(status, ContractsJson.Default.StatusDocument));
                break;
            case HistoryDocument.Path:
                await context.Response.WriteAsync(
                    JsonSerializer.Serialize(History, ContractsJson.Default.HistoryDocument));
                break;
            case CommandDocument.Path: await TakeAsync(context); break;
            default: context.Response.StatusCode = 404; break;
        }
    }

    private async Task TakeAsync(HttpContext context)
    {
        var command = await JsonSerializer.DeserializeAsync(
            context.Request.Body, ContractsJson.Default.CommandDocument);
        Given.Add((command!, context.Request.Headers["Idempotency-Key"]));
        if (Problem is { } problem)
        {
            context.Response.StatusCode = problem.Status;
            context.Response.ContentType = ProblemDocument.ContentType;
            await context.Response.WriteAsync(
                JsonSerializer.Serialize(problem, ContractsJson.Default.ProblemDocument));
        }
        else
        {
            await context.Response.WriteAsync(
                JsonSerializer.Serialize(Answer, ContractsJson.Default.CommandAnswerDocument));
        }
    }
}
