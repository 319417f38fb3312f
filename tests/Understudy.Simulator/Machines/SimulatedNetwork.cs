using Understudy.Kernel;
using Understudy.Membership.Protocol;
using Understudy.Protocol;
using Understudy.Replication.Protocol;
using Understudy.Simulator.Faults;
using Understudy.Transport;

namespace Understudy.Simulator.Machines;

/// <summary>
/// Channels between live incarnations, over wires that delay, lose, duplicate and reorder, that are cut in one or
/// both directions, and that are healed. A channel's two ends learn of its end apart from each other.
/// </summary>
internal sealed class SimulatedNetwork
{
    private const long LeastDelay = TimeSpan.TicksPerMillisecond / 20;
    private const int MostHeld = 20_000;

    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly MessageLoop? _codec;
    private readonly Link[,] _links;
    private readonly long[] _muteUntil;
    private readonly long[] _heartlessUntil;
    private readonly long[] _undecidedUntil;
    private readonly long[] _unorderedUntil;
    private long _channels;

    public SimulatedNetwork(SimulatedCluster cluster, int count, SeededRandom random, MessageLoop? codec)
    {
        (_cluster, _random, _codec) = (cluster, random, codec);
        _links = new Link[count, count];
        _muteUntil = new long[count];
        _heartlessUntil = new long[count];
        _undecidedUntil = new long[count];
        _unorderedUntil = new long[count];
        for (var a = 0; a < count; a++)
        {
            for (var b = 0; b < count; b++) _links[a, b] = new Link();
        }
    }

    private NetworkScenario Scenario => _cluster.Scenario.Network;

    private int Count => _muteUntil.Length;

    public bool IsCut(int from, int to) => _links[from, to].Cuts > 0;

    public void Mute(int node, long until) => _muteUntil[node] = until;

    public void LoseHeartbeats(int node, long until) => _heartlessUntil[node] = until;

    /// <summary>For a while no message that tells a node of a view reaches it.</summary>
    public void LoseDecisions(int node, long duration) =>
        _undecidedUntil[node] = Math.Max(_undecidedUntil[node], _cluster.Now + duration);

    /// <summary>For a while no order of the RM reaches a node.</summary>
    public void LoseOrders(int node, long duration) =>
        _unorderedUntil[node] = Math.Max(_unorderedUntil[node], _cluster.Now + duration);

    public void OnProcessStarted(int node)
    {
        for (var peer = 0; peer < Count; peer++)
        {
            if (peer != node) ScheduleConnect(node, peer, TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>
    /// All ends of a process are gone; its peers learn of it soon, or much later if its machine died too.
    /// </summary>
    public void OnProcessGone(int node, bool hasPower)
    {
        for (var peer = 0; peer < Count; peer++)
        {
            if (peer == node) continue;
            Close(_links[node, peer]);
            var end = _links[peer, node];
            if (!end.IsOpen) continue;
            var isTold = hasPower && !IsCut(node, peer);
            ScheduleClose(peer, node, isTold ? Draw(TimeSpan.FromMilliseconds(1)) : Draw(Scenario.CutNoticedAfter));
        }
    }

    public void OnConnect(int node, int peer)
    {
        var (mine, theirs) = (_links[node, peer], _links[peer, node]);
        mine.IsConnecting = false;
        var (a, b) = (_cluster.Nodes[node], _cluster.Nodes[peer]);
        if (a.Core is null || b.Core is null) return;
        if (IsChannelUp(mine, theirs, a, b)) return;

        var isRefused = a.Cluster is { } x && b.Cluster is { } y && x != y;
        if (!a.IsAwake || !b.IsAwake || IsCut(node, peer) || IsCut(peer, node) || isRefused)
        {
            ScheduleConnect(node, peer, TimeSpan.FromMilliseconds(60));
            return;
        }

        var channel = ++_channels;
        var skew = Draw(TimeSpan.FromMilliseconds(1));
        ScheduleOpen(node, peer, channel, 0);
        ScheduleOpen(peer, node, channel, skew);
        mine.LastArrival = _cluster.Now + skew;
        theirs.LastArrival = _cluster.Now + skew;
    }

    public void OnChannelOpens(int node, int peer, Opening opening)
    {
        var host = _cluster.Nodes[node];
        if (host.Life != opening.Life) return;

        var end = _links[node, peer];
        if (end.Channel > opening.Channel) return;
        if (end.IsOpen) CloseAndTell(node, peer, end);
        if (host.Life != opening.Life) return;
        end.IsOpen = true;
        end.Channel = opening.Channel;
        end.Peer = opening.Peer.Member;
        var other = _cluster.Nodes[peer];
        if (other.Core is null || other.Member != opening.Peer.Member) ScheduleClose(node, peer, LeastDelay);
        host.Post(new NodeInput.ChannelUp(opening.Peer));
    }

    /// <summary>An end learns that its channel has broken.</summary>
    public void OnChannelCloses(int node, int peer, long channel)
    {
        var end = _links[node, peer];
        if (!end.IsOpen || end.Channel != channel) return;

        CloseAndTell(node, peer, end);
        // What the other end still believes ends too, unless nothing can tell it.
        if (_links[peer, node] is { IsOpen: true } other && other.Channel == channel && !IsCut(node, peer))
        {
            ScheduleClose(peer, node, Draw(TimeSpan.FromMilliseconds(1)));
        }

        ScheduleConnect(node, peer, TimeSpan.FromMilliseconds(20));
    }

    public void Send(SimulatedNode from, NodeEffect.Send send)
    {
        var to = _cluster.IndexOf(send.To.Node);
        if (to < 0) return;
        var link = _links[from.Index, to];
        if (!link.IsOpen || link.Peer != send.To) return;
        if (_muteUntil[from.Index] > _cluster.Now) return;
        if (_heartlessUntil[from.Index] > _cluster.Now && MessageLoop.IsHeartbeat(send.Message)) return;

        if (send.Message is MembershipMessage.Decided && _undecidedUntil[to] > _cluster.Now) return;
        if (send.Message is ReplicationMessage.MapPushed && _unorderedUntil[to] > _cluster.Now) return;
        if (link.Cuts > 0)
        {
            if (!Scenario.CutsLose && link.Held.Count < MostHeld) link.Held.Add(send.Message);
            return;
        }

        if (Strikes(Scenario.Loss, FaultKind.MessageLost)) return;
        var message = _codec?.RoundTrip(send.Message) ?? send.Message;
        Transmit(from.Index, to, link, message);
        if (Strikes(Scenario.Duplicate, FaultKind.MessageDuplicated)) Transmit(from.Index, to, link, message);
    }

    public void OnDeliver(int node, int from, long channel, Message message)
    {
        var end = _links[node, from];
        if (!end.IsOpen || end.Channel != channel) return;
        _cluster.Nodes[node].Post(new NodeInput.Received(end.Peer, message));
    }

    /// <summary>Asks whether an incarnation answers at its address, by attempts of some milliseconds.</summary>
    public void Probe(SimulatedNode from, MemberId peer)
    {
        var index = _cluster.IndexOf(peer.Node);
        var answers = index >= 0 && _cluster.Nodes[index] is { IsAwake: true } node && node.Member == peer
            && !IsCut(from.Index, index) && !IsCut(index, from.Index);
        if (answers) return;

        var isRefused = index >= 0 && _cluster.Nodes[index].Core is null && !IsCut(from.Index, index);
        var delay = Draw(TimeSpan.FromMilliseconds(isRefused ? 1 : 30));
        _cluster.ScheduleInput(from, delay, new NodeInput.ProbeFailed(peer));
    }

    /// <summary>Breaks a channel whose ends both live.</summary>
    public bool TryReset(int a, int b)
    {
        if (!_links[a, b].IsOpen || !_links[b, a].IsOpen) return false;
        ScheduleClose(a, b, Draw(TimeSpan.FromMilliseconds(1)));
        ScheduleClose(b, a, Draw(TimeSpan.FromMilliseconds(1)));
        return true;
    }

    public void Cut(int from, int to)
    {
        var link = _links[from, to];
        if (link.Cuts++ > 0 || !link.IsOpen) return;
        _cluster.Schedule(
            Draw(Scenario.CutNoticedAfter), new SimulationEvent(EventKind.CutNoticed, from, to, link.Channel));
    }

    public void OnCutNoticed(int from, int to, long channel)
    {
        if (!IsCut(from, to)) return;
        if (_links[from, to].Channel == channel) ScheduleClose(from, to, 0);
        if (_links[to, from].Channel == channel) ScheduleClose(to, from, Draw(TimeSpan.FromMilliseconds(300)));
    }

    public void Heal(int from, int to)
    {
        var link = _links[from, to];
        if (--link.Cuts > 0) return;
        var held = link.Held.ToArray();
        link.Held.Clear();
        if (!link.IsOpen) return;
        foreach (var message in held) Transmit(from, to, link, message);
    }

    /// <summary>Ends what mutes nodes; cuts are healed by those who made them.</summary>
    public void Calm()
    {
        Array.Clear(_muteUntil);
        Array.Clear(_heartlessUntil);
        Array.Clear(_undecidedUntil);
        Array.Clear(_unorderedUntil);
    }

    private static void Close(Link end)
    {
        end.IsOpen = false;
        end.Held.Clear();
    }

    private static bool IsChannelUp(Link mine, Link theirs, SimulatedNode a, SimulatedNode b) =>
        mine.IsOpen && theirs.IsOpen && mine.Channel == theirs.Channel
        && mine.Peer == b.Member && theirs.Peer == a.Member;

    private void CloseAndTell(int node, int peer, Link end)
    {
        Close(end);
        _cluster.Nodes[node].Post(new NodeInput.ChannelLost(end.Peer));
    }

    private void Transmit(int from, int to, Link link, Message message)
    {
        var at = _cluster.Now + LeastDelay + Draw(Scenario.MeanDelay);
        if (Strikes(Scenario.Spike, FaultKind.MessageDelayed)) at += Draw(Scenario.MeanSpike);
        if (at <= link.LastArrival)
        {
            if (!Strikes(Scenario.Reorder, FaultKind.MessageReordered)) at = link.LastArrival + 1;
        }

        link.LastArrival = Math.Max(at, link.LastArrival);
        _cluster.ScheduleAt(at, new SimulationEvent(EventKind.Deliver, to, from, link.Channel, message));
    }

    private bool Strikes(double chance, FaultKind kind)
    {
        if (chance <= 0 || _cluster.IsCalm || !_random.Chance(chance)) return false;
        _cluster.Faults.Count(kind);
        return true;
    }

    private void ScheduleConnect(int node, int peer, TimeSpan mean)
    {
        var (low, high) = (Math.Min(node, peer), Math.Max(node, peer));
        if (_links[low, high].IsConnecting) return;

        _links[low, high].IsConnecting = true;
        _cluster.Schedule(LeastDelay + Draw(mean), new SimulationEvent(EventKind.Connect, low, high));
    }

    private void ScheduleOpen(int node, int peer, long channel, long delay)
    {
        var opening = new Opening(_cluster.Nodes[node].Life, channel, _cluster.Nodes[peer].Identity);
        _cluster.Schedule(delay, new SimulationEvent(EventKind.ChannelOpens, node, peer, channel, opening));
    }

    private void ScheduleClose(int node, int peer, long delay) => _cluster.Schedule(
        delay, new SimulationEvent(EventKind.ChannelCloses, node, peer, _links[node, peer].Channel));

    private long Draw(TimeSpan mean) => _random.Exponential(mean).Ticks;

    private long Draw(long mean) => Draw(new TimeSpan(mean));
}

/// <summary>An end of a channel that is about to open, for one life of its node.</summary>
internal sealed record Opening(long Life, long Channel, PeerIdentity Peer);
