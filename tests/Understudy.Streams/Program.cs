// A service whose endpoints stream, and never end by themselves; for a test. Arguments: the node, the cluster's file,
// and the node's folder.
using System.Net.WebSockets;
using System.Text;
using Understudy;
using Understudy.Streams;

var builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0"); // Clients come to the node's HTTP address.
builder.Logging.ClearProviders();
builder.AddUnderstudy(options =>
    {
        options.Node = args[0];
        options.ConfigurationFile = args[1];
        options.DataDirectory = args[2];
    })
    .AddService<Feed>("feed");
var app = builder.Build();
app.UseWebSockets();
var feed = app.MapService("feed");
feed.MapGet("/events", async (HttpContext context) =>
{
    context.Response.ContentType = "text/event-stream";
    await SayAsync(context, said => context.Response.WriteAsync($"data: {said}\n"));
});
feed.Map("/socket", async (HttpContext context) =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    await SayAsync(context, said => socket.SendAsync(
        Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted));
}).OutsideTurns();
await app.RunAsync();

// It asks nobody whether its node is primary still.
async Task SayAsync(HttpContext context, Func<string, Task> say)
{
    using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
    while (await pace.WaitForNextTickAsync(context.RequestAborted)) await say(args[0]);
}
