// One node of a web shop of three, in an application of your own. In three terminals:
//
//     dotnet run --project samples/Orders -- n1
//     dotnet run --project samples/Orders -- n2
//     dotnet run --project samples/Orders -- n3
//
// Then, at any of them, and again after you have killed one:
//
//     curl -i --json '{"customer":"Ada","item":"tea","quantity":2}' http://127.0.0.1:7601/orders
//     curl -i -X POST http://127.0.0.1:7602/shipments
//     curl -i -X POST http://127.0.0.1:7603/invoices/1
using System.Net;
using Orders;
using Understudy;
using Understudy.Kernel;

if (args is not [("n1" or "n2" or "n3") and var id])
{
    Console.Error.WriteLine("Say which node this is: n1, n2 or n3.");
    return 2;
}

var app = OrdersApplication.Create(
    options =>
    {
        options.Node = id;
        options.DataDirectory = Path.Combine(Path.GetTempPath(), "understudy-orders", id);
        for (var number = 1; number <= 3; number++)
        {
            options.Nodes.Add(new NodeConfiguration(
                new NodeId($"n{number}"),
                new IPEndPoint(IPAddress.Loopback, 7310 + number),
                new IPEndPoint(IPAddress.Loopback, 7410 + number),
                NodeKind.Voter));
        }
    },
    $"http://127.0.0.1:760{id[1]}");
await app.RunAsync();
return 0;
