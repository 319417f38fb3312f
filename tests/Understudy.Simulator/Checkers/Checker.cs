using System.Diagnostics.CodeAnalysis;
using Understudy.Protocol;
using Understudy.Replication;
using Understudy.Simulator.Clients;
using Understudy.Simulator.Machines;

namespace Understudy.Simulator.Checkers;

/// <summary>
/// Watches a simulated cluster for the breach of one invariant. It sees all nodes at once, in true time.
/// </summary>
internal abstract class Checker
{
    /// <summary>The invariant's name, as in the design.</summary>
    public string Name => GetType().Name;

    /// <summary>A new incarnation has started.</summary>
    public virtual void OnStarted(SimulatedNode node)
    {
    }

    /// <summary>A node is asked to stop in order.</summary>
    public virtual void OnStopping(SimulatedNode node)
    {
    }

    /// <summary>A node reports what happened inside it.</summary>
    public virtual void OnEvent(SimulatedNode node, NodeEvent happening)
    {
    }

    /// <summary>A provider's code is about to apply a checkpoint.</summary>
    public virtual void OnApplying(SimulatedNode node, SimulatedProvider provider, long number)
    {
    }

    /// <summary>A node has taken a turn and adopted another service map in it.</summary>
    public virtual void OnMap(SimulatedNode node, ServiceMap map)
    {
    }

    /// <summary>A worker's code begins to run.</summary>
    public virtual void OnWorkerStarted(SimulatedNode node, SimulatedRun run)
    {
    }

    /// <summary>None of that code runs any more.</summary>
    public virtual void OnWorkerEnded(SimulatedNode node, SimulatedRun run)
    {
    }

    /// <summary>A client's TCP connection or request has come further: to a backend, or from there.</summary>
    public virtual void OnPassage(SimulatedForwarder forwarder, Passage passage)
    {
    }

    /// <summary>A node takes one back from its backend.</summary>
    public virtual void OnTakenBack(SimulatedForwarder forwarder, Passage passage)
    {
    }

    /// <summary>A node that is awake has done what it does with TCP connections or requests.</summary>
    public virtual void OnForwarder(SimulatedForwarder forwarder)
    {
    }

    /// <summary>A node that is awake has done what it does with answers outside turns.</summary>
    public virtual void OnOpenAnswers(SimulatedAnswers answers)
    {
    }

    /// <summary>A node cuts one of them.</summary>
    public virtual void OnAnswerCut(SimulatedAnswer answer)
    {
    }

    /// <summary>A gateway answers a client.</summary>
    public virtual void OnAnswer(SimulatedNode gateway, Attempt attempt, Reply reply)
    {
    }

    /// <summary>A client has heard where a service is, in which version.</summary>
    public virtual void OnHeard(int client, string service, long version)
    {
    }

    /// <summary>The run is over: judge what the clients saw.</summary>
    public virtual void OnEnd(IReadOnlyList<ClientOperation> history)
    {
    }

    [DoesNotReturn]
    protected void Fail(string text) => throw new ViolationException(Name, text);
}
