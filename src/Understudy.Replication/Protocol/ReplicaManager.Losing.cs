using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Services that lost every in-sync provider. Nobody is left to seal, so a new lineage begins only when whoever was
/// primary, evicted though perhaps running, can have no view lease any more (agreement.md 4.7).
/// </summary>
public sealed partial class ReplicaManager
{
    private readonly SortedDictionary<ServiceName, (ConfigurationVersion Version, TimeSpan Since)> _lostSince = [];

    /// <summary>
    /// So long after this RM found them all evicted their leases have run out, whatever is left of them (2.6) and
    /// however wrong the clocks' rates are.
    /// </summary>
    private TimeSpan LongestLease => _profile.Silence * 2;

    /// <summary>
    /// Counted from when this RM first saw the service without an in-sync provider, in the present configuration: its
    /// in-sync set is the same since, and who was evicted does not return.
    /// </summary>
    private bool IsFenced(ServiceName name, TimeSpan now)
    {
        if (_registry.Find(name) is not { Configuration: { IsStarted: true, Primary: null } present }) return false;
        return _lostSince.TryGetValue(name, out var lost) && lost.Version == present.Version
            && now - lost.Since >= LongestLease;
    }

    private void BeginLineages(View view, TimeSpan now)
    {
        if (_registry.Lost.Count == 0)
        {
            _lostSince.Clear();
            return;
        }

        foreach (var name in _registry.Lost.ToList())
        {
            var entry = _registry.Find(name)!;
            if (!_lostSince.TryGetValue(name, out var lost) || lost.Version != entry.Configuration.Version)
            {
                _lostSince[name] = (entry.Configuration.Version, now);
            }

            var isWanted = entry.Recovery is not null || entry.Definition.TotalLoss == TotalLossPolicy.StartEmpty;
            if (!isWanted || !IsFenced(name, now)) continue;
            var why = entry.Recovery is null ? "may start empty" : "an operator recovers it";
            Commit(Begin(view, now, $"every in-sync copy of {name} is gone, and {why}"), name);
        }
    }
}
