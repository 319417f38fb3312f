using Understudy.Kernel;
using Understudy.Membership;

namespace Understudy.Replication.Protocol;

/// <summary>
/// Exclusive services: nobody is ordered to run one before its last holder certainly does not (agreement.md 4.14).
/// </summary>
public sealed partial class ReplicaManager
{
    private LastHolders? _lastHolders;

    /// <summary>What membership knows of an evicted member's fence; until it is set, nothing.</summary>
    public Func<MemberId, FenceState> FenceOf { get; set; } = _ => FenceState.Unknown;

    private LastHolders LastHolders => _lastHolders ??= new LastHolders(m => FenceOf(m), _profile, _mutations);

    /// <summary>The last holder runs the service no longer, and starts it in no older version.</summary>
    public void OnVacated(MemberId from, ReplicationMessage.Vacated vacated, View view, TimeSpan now)
    {
        if (!IsActive || _registry.Find(vacated.Service) is not { IsVacant: true } entry) return;
        if (entry.Configuration.Version != vacated.Version || entry.Holder != from) return;
        LastHolders.Note(vacated.Service, vacated.Version);
        Commit(Begin(view, now, $"{from.Node} has stopped {vacated.Service}"), vacated.Service);
    }

    /// <summary>Vacant services get their next holder as soon as the fence of the last one has passed.</summary>
    private void FillVacant(View view, TimeSpan now)
    {
        if (_registry.Vacant.Count == 0) return;
        var vacant = _registry.Vacant.Select(name => _registry.Find(name)!).ToList();
        var ended = vacant.FindAll(entry => LastHolders.HaveEnded(entry, view, now));
        foreach (var byHolder in ended.GroupBy(entry => entry.Holder).ToList())
        {
            List<ServiceName> names = [.. byHolder.Select(entry => entry.Definition.Name)];
            var what = names.Count == 1 ? names[0].Value : $"{names.Count} services";
            Commit(Begin(view, now, $"{byHolder.Key} can run {what} no longer"), names);
        }

        LastHolders.Prune([.. vacant.Select(entry => entry.Holder)]);
    }
}
