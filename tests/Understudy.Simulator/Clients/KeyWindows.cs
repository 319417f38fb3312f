using Understudy.Kernel;
using Understudy.Protocol;

namespace Understudy.Simulator.Clients;

/// <summary>
/// How long the clients' keys are promised to be remembered. Past that a request under the key may take effect once
/// more, which no client may ask for: it gives up, and the service's code refuses what comes late all the same.
/// </summary>
internal sealed class KeyWindows(SimulatedCluster cluster)
{
    /// <summary>A primary's clock may be fast.</summary>
    private const double Margin = 0.98;

    private readonly Dictionary<string, (long Since, ServiceName Service)> _first = [];

    public void OnInput(NodeInput input)
    {
        if (input is NodeInput.Requested { IdempotencyKey: { } key, Service: var service })
            _first.TryAdd(key, (cluster.Now, service));
    }

    /// <summary>Whether a request under a key comes too late to be known for sure if it was executed before.</summary>
    public bool IsOver(string? key)
    {
        if (key is null || !_first.TryGetValue(key, out var first)) return false;
        var keepFor = cluster.Scenario.KeepKeysFor(first.Service);
        return cluster.Now - first.Since > keepFor.Ticks * Margin;
    }
}
