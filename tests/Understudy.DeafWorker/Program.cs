// A node whose worker ignores that it is told to stop; for a test. Arguments as those of samples/PrimaryOnly: the
// node, the cluster's file, and a folder.
using Understudy;
using Understudy.DeafWorker;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(new Ledger(Path.Combine(args[2], "ledger")));
builder.AddUnderstudy(options =>
    {
        options.Node = args[0];
        options.ConfigurationFile = args[1];
        options.DataDirectory = Path.Combine(args[2], args[0]);
    })
    .AddPrimaryOnly<Deaf>("nightly-billing");
await builder.Build().RunAsync();
