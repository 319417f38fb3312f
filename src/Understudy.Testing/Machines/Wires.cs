using Understudy.Kernel;
using Understudy.Protocol;
using Understudy.Transport;

namespace Understudy.Testing.Machines;

/// <summary>
/// Channels between the processes of a cluster, over wires that take a drawn time and can be cut. Messages of one
/// channel keep their order; its two ends learn of its end apart from each other.
/// </summary>
internal sealed class Wires
{
    /// <summary>What a cut holds up is sent again by the network for so long; then the channel is given up.</summary>
    private static readonly TimeSpan _cutNoticedAfter = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _least = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan _mean = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan _reset = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _unanswered = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan _again = TimeSpan.FromMilliseconds(20);

    private readonly VirtualTime _time;
    private readonly SeededRandom _random;
    private readonly IReadOnlyList<Machine> _machines;
    private readonly End[,] _ends;
    private readonly bool[,] _cuts;
    private readonly bool[,] _isConnecting;
    private long _channels;

    public Wires(VirtualTime time, SeededRandom random, IReadOnlyList<Machine> machines, int count)
    {
        (_time, _random, _machines) = (time, random, machines);
        (_ends, _cuts, _isConnecting) = (new End[count, count], new bool[count, count], new bool[count, count]);
        for (var a = 0; a < count; a++)
        {
            for (var b = 0; b < count; b++) _ends[a, b] = new End();
        }
    }

    private int Count => _ends.GetLength(0);

    /// <summary>A process, or a new incarnation in it, listens and dials.</summary>
    public void Join(int machine)
    {
        for (var peer = 0; peer < Count; peer++)
        {
            if (peer != machine) Connect(machine, peer);
        }
    }

    /// <summary>All channels of a process end.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="tells">False if the whole machine is gone, so that its peers hear only silence.</param>
    public void Leave(int machine, bool tells)
    {
        for (var peer = 0; peer < Count; peer++)
        {
            if (peer == machine) continue;
            _ends[machine, peer].Close();
            var other = _ends[peer, machine];
            if (!other.IsOpen) continue;
            var isTold = tells && !_cuts[machine, peer];
            CloseAfter(Draw(isTold ? _reset : _cutNoticedAfter), peer, machine);
        }
    }

    public void Send(Machine from, MemberId to, Message message)
    {
        var peer = IndexOf(to);
        if (peer < 0) return;
        var end = _ends[from.Index, peer];
        if (!end.IsOpen || end.Peer != to) return;
        if (_cuts[from.Index, peer]) end.Held.Enqueue(message);
        else Transmit(from.Index, peer, end, message);
    }

    /// <summary>Asks whether an incarnation answers; tells its asker if it does not.</summary>
    public void Probe(Machine from, MemberId peer)
    {
        var index = IndexOf(peer);
        var isReached = index >= 0 && !_cuts[from.Index, index];
        if (isReached && _machines[index].IsAwake && _machines[index].Member == peer) return;
        var isRefused = isReached && !_machines[index].IsRunning;
        from.GiveAfter(Draw(isRefused ? _reset : _unanswered), new NodeInput.ProbeFailed(peer));
    }

    /// <summary>Nothing passes between the two, either way.</summary>
    public void Cut(int a, int b)
    {
        foreach (var (from, to) in new[] { (a, b), (b, a) })
        {
            if (_cuts[from, to]) continue;
            _cuts[from, to] = true;
            var channel = _ends[from, to].Channel;
            _time.After(_cutNoticedAfter, () =>
            {
                if (_cuts[from, to] && _ends[from, to].Channel == channel) CloseAfter(TimeSpan.Zero, from, to);
            });
        }
    }

    /// <summary>What was held up arrives, and channels that were given up are made again.</summary>
    public void Heal(int a, int b)
    {
        foreach (var (from, to) in new[] { (a, b), (b, a) })
        {
            _cuts[from, to] = false;
            var end = _ends[from, to];
            while (end.Held.TryDequeue(out var message))
            {
                if (end.IsOpen) Transmit(from, to, end, message);
            }
        }
    }

    private void Connect(int a, int b)
    {
        var (low, high) = (Math.Min(a, b), Math.Max(a, b));
        if (_isConnecting[low, high]) return;
        _isConnecting[low, high] = true;
        _time.After(Draw(_again), () =>
        {
            _isConnecting[low, high] = false;
            OnConnecting(low, high);
        });
    }

    private void OnConnecting(int a, int b)
    {
        var (one, other) = (_machines[a], _machines[b]);
        if (!one.HasNode || !other.HasNode || IsUp(a, b)) return;
        if (!one.IsAwake || !other.IsAwake || _cuts[a, b] || _cuts[b, a] || AreStrangers(one, other))
        {
            Connect(a, b);
            return;
        }

        var channel = ++_channels;
        var skew = Draw(_reset);
        OpenAfter(TimeSpan.Zero, a, b, channel);
        OpenAfter(skew, b, a, channel);
        // Nothing comes before the channel is open at both ends.
        _ends[a, b].LastArrival = _ends[b, a].LastArrival = _time.Now + skew;
    }

    private void OpenAfter(TimeSpan delay, int at, int peer, long channel)
    {
        var (life, identity) = (_machines[at].Life, _machines[peer].Identity);
        _time.After(delay, () =>
        {
            var end = _ends[at, peer];
            if (_machines[at].Life != life || end.Channel > channel) return;
            if (end.IsOpen) CloseAndTell(at, peer, end);
            if (_machines[at].Life != life) return;
            (end.IsOpen, end.Channel, end.Peer) = (true, channel, identity.Member);
            if (!_machines[peer].HasNode || _machines[peer].Member != identity.Member) CloseAfter(_least, at, peer);
            _machines[at].Give(new NodeInput.ChannelUp(identity));
        });
    }

    private void CloseAfter(TimeSpan delay, int at, int peer)
    {
        var channel = _ends[at, peer].Channel;
        _time.After(delay, () =>
        {
            var end = _ends[at, peer];
            if (!end.IsOpen || end.Channel != channel) return;
            CloseAndTell(at, peer, end);
            var other = _ends[peer, at];
            if (other.IsOpen && other.Channel == channel && !_cuts[at, peer]) CloseAfter(Draw(_reset), peer, at);
            Connect(at, peer);
        });
    }

    private void CloseAndTell(int at, int peer, End end)
    {
        end.Close();
        _machines[at].Give(new NodeInput.ChannelLost(end.Peer));
    }

    private void Transmit(int from, int to, End end, Message message)
    {
        var at = _time.Now + _least + Draw(_mean);
        if (at <= end.LastArrival) at = end.LastArrival + TimeSpan.FromTicks(1);
        end.LastArrival = at;
        var channel = end.Channel;
        _time.After(at - _time.Now, () =>
        {
            var arrival = _ends[to, from];
            if (!arrival.IsOpen || arrival.Channel != channel) return;
            _machines[to].Give(new NodeInput.Received(arrival.Peer, message));
        });
    }

    private bool IsUp(int a, int b)
    {
        var (mine, theirs) = (_ends[a, b], _ends[b, a]);
        return mine.IsOpen && theirs.IsOpen && mine.Channel == theirs.Channel
            && mine.Peer == _machines[b].Member && theirs.Peer == _machines[a].Member;
    }

    private static bool AreStrangers(Machine one, Machine other) =>
        one.Identity.Cluster is { } a && other.Identity.Cluster is { } b && a != b;

    private int IndexOf(MemberId member)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_machines[i].Id == member.Node) return i;
        }

        return -1;
    }

    private TimeSpan Draw(TimeSpan mean) => _random.Exponential(mean);

    /// <summary>One end of the channel between two machines.</summary>
    private sealed class End
    {
        public bool IsOpen { get; set; }

        /// <summary>Whom it shook hands with.</summary>
        public MemberId Peer { get; set; }

        /// <summary>Which channel of the two machines it is of.</summary>
        public long Channel { get; set; }

        /// <summary>When the last message that was sent here arrives.</summary>
        public TimeSpan LastArrival { get; set; }

        /// <summary>What was sent over a cut.</summary>
        public Queue<Message> Held { get; } = new();

        public void Close()
        {
            IsOpen = false;
            Held.Clear();
        }
    }
}
