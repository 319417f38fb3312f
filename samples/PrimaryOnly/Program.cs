// A worker that runs on one node of three at a time. In three terminals:
//
//     dotnet run --project samples/PrimaryOnly -- n1
//     dotnet run --project samples/PrimaryOnly -- n2
//     dotnet run --project samples/PrimaryOnly -- n3
//
// Each says when the worker begins and ends there; all append to one ledger. Kill the one that runs it, or stop its
// process (kill -STOP) for longer than its view lease: another one begins when the lease has run out, never before.
using PrimaryOnly;
using Understudy;

if (args is not [("n1" or "n2" or "n3") and var id, ..])
{
    Console.Error.WriteLine("Say which node this is: n1, n2 or n3; and perhaps the cluster's file, and a folder.");
    return 2;
}

var file = args.ElementAtOrDefault(1) ?? Path.Combine(AppContext.BaseDirectory, "cluster.toml");
var folder = args.ElementAtOrDefault(2) ?? Path.Combine(Path.GetTempPath(), "understudy-primary-only");
Directory.CreateDirectory(folder);

var builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(new Ledger(Path.Combine(folder, "ledger"), TimeSpan.FromMilliseconds(20)));
builder.AddUnderstudy(options =>
    {
        options.Node = id;
        options.ConfigurationFile = file;
        options.DataDirectory = Path.Combine(folder, id);
    })
    .AddPrimaryOnly<Billing>("nightly-billing");
await builder.Build().RunAsync();
return 0;
