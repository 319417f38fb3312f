using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Protocol;
using Understudy.Replication;

namespace Understudy.Simulator.Machines;

/// <summary>What takes what clients want of one service's program in one simulated process.</summary>
internal abstract class SimulatedForwarder(
    SimulatedCluster cluster, SimulatedNode node, ForwardingScenario scenario, SeededRandom random)
    : SimulatedIntake(cluster, node, scenario.MeanPause, EventKind.ForwarderActs, random)
{
    private readonly SortedList<long, Passage> _passages = [];

    /// <summary>How long one may wait.</summary>
    public TimeSpan Hold => scenario.Bounds.Hold;

    /// <summary>All that have not come to their end, in the order in which they came.</summary>
    public IReadOnlyDictionary<long, Passage> Passages => _passages;

    /// <summary>How many the core says are at a backend, and how many wait.</summary>
    public abstract (int AtBackends, int Waiting) Counts { get; }

    protected ForwardingScenario Scenario => scenario;

    protected override void BeginAnew() => _passages.Clear();

    protected override void Check() => Cluster.Checkers.OnForwarder(this);

    protected void Add(Passage passage) => _passages.Add(passage.Number, passage);

    protected bool Remove(Passage passage) => _passages.Remove(passage.Number);

    protected bool IsHere(Passage passage) => _passages.GetValueOrDefault(passage.Number) == passage;

    /// <summary>It is to go to the backend on a node.</summary>
    protected void Connect(Passage passage, NodeId target, long attempt)
    {
        passage.Connect(target, Primary, attempt);
        Cluster.Checkers.OnPassage(this, passage);
    }

    /// <summary>It has come further.</summary>
    protected void GoOn(Passage passage, PassageState state)
    {
        passage.GoOn(state);
        Cluster.Checkers.OnPassage(this, passage);
    }

    /// <summary>Notes what is not at the primary's backend any more.</summary>
    protected override void Note(Node core, View? view)
    {
        var (primary, isPlanned) = (Primary, core.Map.Find(Service) is { Configuration.IsPlanned: true });
        foreach (var passage in _passages.Values)
        {
            if (!passage.IsOpen) continue;
            var isMember = passage.Backend is { } backend && view?.Contains(backend) == true;
            var grant = isPlanned && isMember ? scenario.Bounds.Drain : TimeSpan.Zero;
            var mayGoOn = passage.Moved is { } moved && (isMember || moved.For <= grant);
            if (passage.Backend == primary) passage.Moved = null;
            else if (!mayGoOn) passage.Moved = (Own, grant);
        }
    }
}
