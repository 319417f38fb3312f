using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// At most one view per epoch is ever installed, each names its predecessor, and a node's epochs grow.
/// </summary>
internal sealed class OneView : Checker
{
    private readonly SortedDictionary<Epoch, View> _views = [];
    private readonly Dictionary<MemberId, Epoch> _installed = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.ViewInstalled { View: var view }) return;

        if (_installed.GetValueOrDefault(node.Member) >= view.Epoch)
        {
            Fail($"{node.Member} installed {view} after epoch {_installed[node.Member]}");
        }

        _installed[node.Member] = view.Epoch;
        if (_views.TryGetValue(view.Epoch, out var known))
        {
            if (known.Hash != view.Hash) Fail($"{node.Member} installed {view}, others {known}");
            return;
        }

        _views.Add(view.Epoch, view);
        CheckChain(view);
    }

    private void CheckChain(View view)
    {
        if (_views.TryGetValue(new Epoch(view.Epoch.Value - 1), out var previous)) CheckLink(previous, view);
        if (_views.TryGetValue(view.Epoch.Next, out var next)) CheckLink(view, next);
    }

    private void CheckLink(View earlier, View later)
    {
        if (later.PreviousHash != earlier.Hash) Fail($"{later} names another predecessor than {earlier}");
        if (later.Cluster != earlier.Cluster) Fail($"{later} is of cluster {later.Cluster}, not {earlier.Cluster}");
    }
}
