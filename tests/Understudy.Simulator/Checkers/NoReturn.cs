using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>An incarnation that was a member and is one no longer is never a member again.</summary>
internal sealed class NoReturn : Checker
{
    private readonly SortedDictionary<Epoch, View> _views = [];
    private readonly Dictionary<MemberId, (Epoch First, Epoch Last)> _spans = [];

    public override void OnEvent(SimulatedNode node, NodeEvent happening)
    {
        if (happening is not NodeEvent.ViewInstalled { View: var view } || !_views.TryAdd(view.Epoch, view)) return;

        foreach (var member in view.Members)
        {
            var (first, last) = _spans.GetValueOrDefault(member.Id, (view.Epoch, view.Epoch));
            if (view.Epoch < first) first = view.Epoch;
            if (view.Epoch > last) last = view.Epoch;
            _spans[member.Id] = (first, last);
            CheckSpan(member.Id, first, last);
        }

        foreach (var (member, (first, last)) in _spans)
        {
            if (view.Epoch > first && view.Epoch < last && !view.Contains(member)) Report(member, view.Epoch, last);
        }
    }

    private void CheckSpan(MemberId member, Epoch first, Epoch last)
    {
        for (var epoch = first; epoch < last; epoch = epoch.Next)
        {
            if (_views.TryGetValue(epoch, out var view) && !view.Contains(member)) Report(member, epoch, last);
        }
    }

    private void Report(MemberId member, Epoch without, Epoch with) =>
        Fail($"{member} is not in view {without} but is in view {with}, which is later");
}
