// One node of a cluster of three, in an application of your own. In three terminals:
//
//     dotnet run --project samples/Counter -- n1
//     dotnet run --project samples/Counter -- n2
//     dotnet run --project samples/Counter -- n3
//
// Then, at any of them, and again after you have killed one:
//
//     curl -X POST http://127.0.0.1:7501/visits
using System.Net;
using Counter;
using Understudy;
using Understudy.Kernel;
using Understudy.Protocol;

if (args is not [("n1" or "n2" or "n3") and var id])
{
    Console.Error.WriteLine("Say which node this is: n1, n2 or n3.");
    return 2;
}

var builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls($"http://127.0.0.1:750{id[1]}");
builder.AddUnderstudy(options =>
    {
        options.Node = id;
        options.DataDirectory = Path.Combine(Path.GetTempPath(), "understudy-counter", id);
        for (var number = 1; number <= 3; number++)
        {
            options.Nodes.Add(new NodeConfiguration(
                new NodeId($"n{number}"),
                new IPEndPoint(IPAddress.Loopback, 7300 + number),
                new IPEndPoint(IPAddress.Loopback, 7400 + number),
                NodeKind.Voter));
        }
    })
    .AddService<Visits>("visits");
var app = builder.Build();

// Whichever node is asked: the request is handled where the primary is, and held while there is none.
app.MapPost("/visits", (IUnderstudyNode node, CancellationToken stop) => AskAsync(node, isRead: false, stop));
app.MapGet("/visits", (IUnderstudyNode node, CancellationToken stop) => AskAsync(node, isRead: true, stop));
await app.RunAsync();
return 0;

static async Task<IResult> AskAsync(IUnderstudyNode node, bool isRead, CancellationToken stop)
{
    var reply = await node.SendAsync("visits", default, isRead, cancellationToken: stop);
    var text = System.Text.Encoding.UTF8.GetString(reply.Body.Span);
    return reply.Outcome switch
    {
        ReplyOutcome.Answered => Results.Text($"{text}\n"),
        ReplyOutcome.Unknown => Results.Problem(text, statusCode: StatusCodes.Status502BadGateway),
        _ => Results.Problem(text, statusCode: StatusCodes.Status503ServiceUnavailable),
    };
}
