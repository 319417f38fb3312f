using Understudy.Kernel;
using Understudy.Replication;

namespace Understudy.Testing;

/// <content>What can be done to the cluster.</content>
public sealed partial class UnderstudyTestCluster
{
    /// <summary>Starts every node that is not running.</summary>
    public void Start()
    {
        foreach (var node in Nodes) node.Start();
    }

    /// <summary>
    /// All machines lose their power at once. What was acknowledged by services with durability <c>disk</c> is there
    /// after <see cref="Start"/>; what was in memory only is gone.
    /// </summary>
    public void PowerOff()
    {
        foreach (var node in Nodes) node.PowerOff();
    }

    /// <summary>
    /// Cuts the network in two: nothing passes between these nodes and all others, either way, until
    /// <see cref="Heal"/>. May be called again for further cuts.
    /// </summary>
    /// <param name="nodes">Ids of the nodes on one side.</param>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    /// <example><code>cluster.CutOff(cluster.PrimaryOf("shop").Node);</code></example>
    public void CutOff(params IEnumerable<string> nodes)
    {
        var side = nodes.Select(node => this[node].Node).ToHashSet();
        foreach (var inside in _machines.Where(machine => side.Contains(machine.Id.Value)))
        {
            foreach (var outside in _machines.Where(machine => !side.Contains(machine.Id.Value)))
                _wires.Cut(inside.Index, outside.Index);
        }

        _history.Add("the network", $"cut off {string.Join(", ", side)}");
    }

    /// <summary>Ends all cuts.</summary>
    public void Heal()
    {
        for (var a = 0; a < _machines.Count; a++)
        {
            for (var b = a + 1; b < _machines.Count; b++) _wires.Heal(a, b);
        }

        _history.Add("the network", "healed");
    }

    /// <summary>Gives an operator's command, and awaits what the replica manager says to it.</summary>
    /// <exception cref="InvalidOperationException">It was refused, or no node could take it; says why.</exception>
    /// <example>
    /// <code>
    /// await cluster.CommandAsync(new OperatorCommand.Drain(new NodeId("n2")));
    /// </code>
    /// </example>
    public async Task<CommandAnswer> CommandAsync(OperatorCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var machine = _machines.FirstOrDefault(machine => machine.IsAwake)
            ?? throw new InvalidOperationException($"No node runs that could be told to {command}.");
        var answer = await machine.Requests.GiveAsync(command, null);
        return answer.Outcome is CommandOutcome.Done or CommandOutcome.Accepted
            ? answer
            : throw new InvalidOperationException($"\"{command}\" was not done: {answer.Text}");
    }

    /// <summary>Moves a service's primary in order, losing nothing, and awaits that it serves there.</summary>
    /// <param name="service">The service.</param>
    /// <param name="node">The node it is to be on.</param>
    /// <exception cref="InvalidOperationException">It was refused; says why.</exception>
    /// <exception cref="TimeoutException">It has not come there; says how the nodes stand.</exception>
    public async Task SwitchOverAsync(string service, string node)
    {
        await CommandAsync(new OperatorCommand.Switchover(new ServiceName(service), new NodeId(this[node].Node)));
        await UntilPrimaryIsOnAsync(service, node);
    }
}
