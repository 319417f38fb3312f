// A client of a cluster that has the service kv. It counts ten times a second, for ever or as often as is said; kill
// the primary meanwhile, and see that no number is left out or said twice.
//
//     dotnet run --project samples/FollowPrimary -- http://127.0.0.1:7201 http://127.0.0.1:7202
//     dotnet run --project samples/FollowPrimary -- 100 http://127.0.0.1:7201
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Understudy;

var times = args is [var first, ..] && int.TryParse(first, CultureInfo.InvariantCulture, out var said) ? said : 0;
string[] nodes = times > 0 ? args[1..] : args;
if (nodes.Length == 0)
{
    Console.Error.WriteLine("Say where nodes are, such as http://127.0.0.1:7201.");
    return 2;
}

var services = new ServiceCollection();
services.AddHttpClient("kv").FollowPrimary("kv", nodes);
await using var provider = services.BuildServiceProvider();
var kv = provider.GetRequiredService<IHttpClientFactory>().CreateClient("kv");
using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
for (var time = 1; times == 0 || time <= times; time++)
{
    using var response = await kv.PostAsync("keys/visits/increment", null);
    response.EnsureSuccessStatusCode();
    var node = response.Headers.GetValues("Understudy-Node").Single();
    Console.WriteLine($"{await response.Content.ReadAsStringAsync()} at {node}");
    await pace.WaitForNextTickAsync();
}

return 0;
