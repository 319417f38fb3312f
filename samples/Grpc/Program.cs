// A gRPC service on three nodes, and its client. In three terminals:
//
//     dotnet run --project samples/Grpc -- n1
//     dotnet run --project samples/Grpc -- n2
//     dotnet run --project samples/Grpc -- n3
//
// In a fourth one; kill the primary meanwhile, and see that no ticket is left out or sold twice:
//
//     dotnet run --project samples/Grpc -- buy 100 http://127.0.0.1:7421 http://127.0.0.1:7422
using System.Globalization;
using Tickets;
using Understudy;

if (args is ["buy", var times, _, ..] && int.TryParse(times, CultureInfo.InvariantCulture, out var count))
{
    await Buyer.BuyAsync(count, args[2..]);
    return 0;
}

if (args is not [var id, ..])
{
    Console.Error.WriteLine("Say which node this is, n1, n2 or n3; or: buy COUNT ADDRESS-OF-A-NODE...");
    return 2;
}

var file = args.Length > 1 ? args[1] : Path.Combine(AppContext.BaseDirectory, "cluster.toml");
var folder = args.Length > 2 ? args[2] : Path.Combine(Path.GetTempPath(), "understudy-tickets", id);
var builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0"); // Clients come to the node's HTTP address.
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddGrpc();
builder.AddUnderstudy(options =>
    {
        options.Node = id;
        options.ConfigurationFile = file;
        options.DataDirectory = folder;
    })
    .AddService<BoxOfficeState>("tickets");
var app = builder.Build();

// Any node takes the calls; the primary executes them.
app.MapService("tickets").MapGrpcService<BoxOfficeCalls>();
await app.RunAsync();
return 0;
