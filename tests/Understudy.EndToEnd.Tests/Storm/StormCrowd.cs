using Microsoft.Extensions.DependencyInjection;
using Understudy.Verification;

namespace Understudy.EndToEnd.Tests.Storm;

/// <summary>All clients of a storm.</summary>
internal sealed class StormCrowd : IAsyncDisposable
{
    /// <summary>Half of the clients use the one, half the other.</summary>
    public static readonly IReadOnlyList<string> Services = ["kv", "added"];

    /// <summary>Each program has so many clients: they share what it knows, and its connections.</summary>
    private const int ClientsOfAProgram = 100;

    /// <summary>One in so many clients of gateways has no keys.</summary>
    private const int KeylessEvery = 10;

    /// <summary>How many clients use programs that know no keys.</summary>
    private const int ForeignClients = 20;

    private readonly HttpClient _http = GatewayWay.CreateClient();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ServiceProvider> _programs = [];
    private readonly List<StormClient> _clients = [];
    private readonly List<ForeignClient> _foreign = [];
    private readonly Uri[] _nodes;
    private readonly StormLedger _ledger;
    private readonly StormOptions _options;
    private readonly Random _seeds;
    private Task _running = Task.CompletedTask;

    public StormCrowd(RealCluster cluster, ForeignPrograms programs, StormLedger ledger, StormOptions options)
    {
        (_ledger, _options, _seeds) = (ledger, options, new Random(options.Seed));
        _nodes = [.. cluster.Nodes.Values.Select(node => node.Http)];
        for (var number = 0; number < options.Clients; number++)
        {
            if (number % ClientsOfAProgram == 0) _programs.Add(LibraryWay.CreateProgram(_nodes, Services));
            var service = Services[number % Services.Count];
            var hasKeys = number % KeylessEvery != 0;
            Add(number, new GatewayWay(_http, _nodes, number / Services.Count, service, hasKeys));
            Add(number, LibraryWay.Of(_programs[^1], service));
        }

        for (var number = 0; number < ForeignClients; number++)
        {
            var way = new GatewayWay(_http, _nodes, number, ForeignPrograms.Service, hasKeys: false);
            _foreign.Add(new ForeignClient(number, way, programs, ledger, _seeds.Next()));
        }
    }

    /// <summary>Puts the shared counters, and lets everybody begin.</summary>
    public async Task BeginAsync()
    {
        foreach (var way in Services.Select(service => new GatewayWay(_http, _nodes, 0, service, hasKeys: true)))
        {
            foreach (var key in StormClient.Shared)
            {
                var begun = _ledger.Now;
                await way.AskAsync(HttpMethod.Put, $"keys/{key}", "0");
                _ledger.Shared($"{way.Service} {key}", KvOperationKind.Put, begun, 0);
            }
        }

        _running = Task.WhenAll(
        [
            .. _clients.Select(client => client.RunAsync(_stop.Token)),
            .. _foreign.Select(client => client.RunAsync(_stop.Token)),
        ]);
    }

    /// <summary>A program that begins during a fault is answered as well.</summary>
    public async Task NewcomerAsync()
    {
        var number = _clients.Count;
        var program = LibraryWay.CreateProgram(_nodes, Services);
        _programs.Add(program);
        var client = Add(number, LibraryWay.Of(program, Services[number % Services.Count]));
        await client.AskAsync();
    }

    /// <summary>Waits until everybody has its last answer, and counts.</summary>
    /// <returns>
    /// How much of what was acknowledged is not there, and how much is there that nobody can have asked for.
    /// </returns>
    public async Task<(long Lost, long Duplicated)> EndAsync()
    {
        await _stop.CancelAsync();
        await _running;
        var (lost, duplicated) = (0L, 0L);
        await Parallel.ForEachAsync(_clients.Where(client => client.Acknowledged > 0), async (client, _) =>
            Count(await client.Way.NumberAsync(client.Counter), client.Acknowledged, client.Uncertain));
        var failed = _clients.Sum(client => client.Uncertain);
        foreach (var way in Services.Select(service => new GatewayWay(_http, _nodes, 0, service, hasKeys: true)))
        {
            foreach (var key in StormClient.Shared)
            {
                var acknowledged = _ledger.History.LongCount(operation =>
                    operation.Key == $"{way.Service} {key}" && operation.Kind == KvOperationKind.Increment);
                Count(await way.NumberAsync(key), acknowledged, failed);
            }
        }

        var foreign = _foreign.ConvertAll(client => client.Count());
        return (lost + foreign.Sum(each => each.Lost), duplicated + foreign.Sum(each => each.Duplicated));

        void Count(long value, long acknowledged, long uncertain)
        {
            if (value < acknowledged) Interlocked.Add(ref lost, acknowledged - value);
            if (value > acknowledged + uncertain)
                Interlocked.Add(ref duplicated, value - acknowledged - uncertain);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var program in _programs) await program.DisposeAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private StormClient Add(int number, IWayIn way)
    {
        var client = new StormClient(number, way, _ledger, _options.Think, _seeds.Next());
        _clients.Add(client);
        return client;
    }
}
