using System.Collections.Immutable;
using Understudy.Kernel;
using Understudy.Membership;
using Understudy.Membership.Protocol;
using Understudy.Transport;

namespace Understudy.Membership.Tests.Protocol;

/// <summary>A message on its way, or one that was delivered.</summary>
internal sealed record Delivery(MemberId From, MemberId To, MembershipMessage Message);

/// <summary>
/// Runs monitors against each other in one thread: messages in order of sending, disks that flush when the network is
/// quiet, one clock for all. Records what was sent, installed, evicted and alarmed.
/// </summary>
internal sealed class MonitorPump(MembershipOptions options)
{
    private readonly SortedDictionary<NodeId, Site> _running = [];
    private readonly Dictionary<NodeId, Disk> _disks = [];
    private readonly Queue<Action> _queue = new();
    private readonly HashSet<(NodeId, NodeId)> _cut = [];

    public TimeSpan Now { get; private set; }

    public List<Delivery> Sent { get; } = [];

    public List<(MemberId Node, View View)> Installed { get; } = [];

    public List<MemberId> Evicted { get; } = [];

    public List<(MemberId Node, string Text)> Alarms { get; } = [];

    public List<(MemberId Node, MembershipEffect Effect)> Effects { get; } = [];

    /// <summary>Told of every effect, and when it was asked for.</summary>
    public Action<TimeSpan, MemberId, MembershipEffect> Notes { get; set; } = (_, _, _) => { };

    /// <summary>Drops the messages for which it is true.</summary>
    public Func<Delivery, bool> Loses { get; set; } = _ => false;

    /// <summary>The nodes whose disks do not answer, and who say so in their heartbeats.</summary>
    public HashSet<int> Stalled { get; } = [];

    public Disk DiskOf(int node) => _disks[Cast.Node(node)];

    public MembershipMonitor Monitor(int node) => _running[Cast.Node(node)].Monitor;

    public View ViewOf(int node) => Monitor(node).View!;

    public TimeSpan ClockOf(int node) => Now - _running[Cast.Node(node)].StartedAt;

    /// <summary>What was sent of one kind, by all or by one.</summary>
    public List<T> Said<T>(MemberId? by = null)
        where T : MembershipMessage =>
        [.. Sent.Where(d => by is null || d.From == by).Select(d => d.Message).OfType<T>()];

    /// <summary>What was asked for of one kind, by all or by one.</summary>
    public List<T> Asked<T>(MemberId? by = null)
        where T : MembershipEffect =>
        [.. Effects.Where(e => by is null || e.Node == by).Select(e => e.Effect).OfType<T>()];

    /// <summary>The views that an incarnation has installed, as the nodes in them.</summary>
    public List<string> ViewsOf(MemberId node) =>
        [.. Installed.Where(i => i.Node == node).Select(i => string.Join(' ', i.View.Members.Select(m => m.Id)))];

    /// <summary>Starts a node on the disk it had, or on a blank one, and opens its channels.</summary>
    public void Start(int node, ulong counter = 1, bool wipe = false)
    {
        var id = Cast.Id(node, counter);
        if (wipe || !_disks.TryGetValue(id.Node, out var disk))
        {
            disk = _disks[id.Node] = new Disk(wipe ? Cast.Disk((100 * (int)counter) + node) : Cast.Disk(node));
        }

        var random = new SeededRandom((ulong)node);
        var monitor = new MembershipMonitor(options, id, disk.Read(), new VersionPolicy(), random);
        var site = _running[id.Node] = new Site(id, disk, monitor, Now);
        foreach (var other in _running.Values.Where(o => o != site).ToList())
        {
            if (_cut.Contains((id.Node, other.Id.Node))) continue;
            Post(site, new MembershipInput.ChannelUp(other.Identity));
            Post(other, new MembershipInput.ChannelUp(site.Identity));
        }
    }

    public void StartAll(ulong counter = 1)
    {
        for (var node = 1; node <= options.Nodes.Length; node++) Start(node, counter);
    }

    /// <summary>The process dies; what was not flushed is lost. Its peers' channels break.</summary>
    public void Crash(int node)
    {
        var gone = _running[Cast.Node(node)];
        _running.Remove(gone.Id.Node);
        gone.Disk.LoseUnflushed();
        foreach (var other in _running.Values) Post(other, new MembershipInput.ChannelLost(gone.Id));
    }

    /// <summary>Messages between the two are lost; neither is told.</summary>
    public void Cut(int a, int b)
    {
        _cut.Add((Cast.Node(a), Cast.Node(b)));
        _cut.Add((Cast.Node(b), Cast.Node(a)));
    }

    public void Heal() => _cut.Clear();

    public void Input(int node, MembershipInput input) => Post(_running[Cast.Node(node)], input);

    /// <summary>Gives a message to a node as if the other had sent it.</summary>
    public void Inject(int from, int to, MembershipMessage message) =>
        Input(to, new MembershipInput.Received(_running[Cast.Node(from)].Id, message));

    /// <summary>Delivers and flushes until nothing is left to do; time stands still.</summary>
    public void Settle()
    {
        do
        {
            while (_queue.TryDequeue(out var next)) next();
            foreach (var site in _running.Values.Where(s => !IsStalled(s)).ToList())
            {
                foreach (var held in site.Disk.Flush()) Send(held);
            }
        }
        while (_queue.Count > 0);
    }

    public void Run(TimeSpan time)
    {
        Settle();
        for (var end = Now + time; Now < end;)
        {
            Jump(options.Profile.Tick);
            Settle();
        }
    }

    /// <summary>Nobody is awake for this long, then all are ticked.</summary>
    public void Jump(TimeSpan time)
    {
        Now += time;
        foreach (var site in _running.Values) Post(site, new MembershipInput.Tick(0, IsStalled(site)));
    }

    private bool IsStalled(Site site) => Stalled.Any(node => Cast.Node(node) == site.Id.Node);

    private void Post(Site site, MembershipInput input) => _queue.Enqueue(() => Step(site, input));

    private void Step(Site site, MembershipInput input)
    {
        if (!_running.ContainsValue(site)) return;
        List<MembershipEffect> effects = [];
        site.Monitor.Step(Now - site.StartedAt, input, effects);
        foreach (var effect in effects)
        {
            Effects.Add((site.Id, effect));
            Notes(Now, site.Id, effect);
            Perform(site, effect);
        }
    }

    private void Perform(Site site, MembershipEffect effect)
    {
        switch (effect)
        {
            case MembershipEffect.Send send:
                var delivery = new Delivery(site.Id, send.To, send.Message);
                if (!send.IsDurable || !site.Disk.TryHold(delivery)) Send(delivery);
                break;
            case MembershipEffect.Persist persist: site.Disk.Write(persist.Key, persist.Value); break;
            case MembershipEffect.Probe probe when !_running.Values.Any(s => s.Id == probe.Peer):
                Post(site, new MembershipInput.ProbeFailed(probe.Peer));
                break;
            case MembershipEffect.Install install: Installed.Add((site.Id, install.View)); break;
            case MembershipEffect.Evict: Evicted.Add(site.Id); break;
            case MembershipEffect.Alarm alarm: Alarms.Add((site.Id, alarm.Text)); break;
            default: break;
        }
    }

    private void Send(Delivery delivery)
    {
        Sent.Add(delivery);
        if (_cut.Contains((delivery.From.Node, delivery.To.Node)) || Loses(delivery)) return;
        _queue.Enqueue(() =>
        {
            if (!_running.TryGetValue(delivery.To.Node, out var site) || site.Id != delivery.To) return;
            Step(site, new MembershipInput.Received(delivery.From, delivery.Message));
        });
    }

    private sealed record Site(MemberId Id, Disk Disk, MembershipMonitor Monitor, TimeSpan StartedAt)
    {
        public PeerIdentity Identity => new(Id, Disk.Id, Monitor.View?.Cluster);
    }

    /// <summary>Named records; a flush makes all that was written durable, and lets go what waited for that.</summary>
    internal sealed class Disk(DiskId id)
    {
        private ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> _durable =
            ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);

        private readonly List<(string Key, ReadOnlyMemory<byte> Value)> _written = [];
        private readonly List<Delivery> _held = [];

        public DiskId Id { get; } = id;

        /// <summary>A copy of what is durable; setting an old one back is what a restored backup does.</summary>
        public ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Backup
        {
            get => _durable;
            set => _durable = value;
        }

        public StoredMembership Read() => new(
            Id,
            _durable.TryGetValue(StoredMembership.ViewKey, out var view) ? MembershipCodec.DecodeView(view.Span) : null,
            _durable.TryGetValue(StoredMembership.AcceptorKey, out var record)
                ? MembershipCodec.DecodeAcceptor(record.Span)
                : null);

        public void Write(string key, ReadOnlyMemory<byte> value) => _written.Add((key, value));

        public bool TryHold(Delivery delivery)
        {
            if (_written.Count > 0) _held.Add(delivery);
            return _written.Count > 0;
        }

        public void LoseUnflushed()
        {
            _written.Clear();
            _held.Clear();
        }

        public List<Delivery> Flush()
        {
            foreach (var (key, value) in _written) _durable = _durable.SetItem(key, value);
            List<Delivery> released = [.. _held];
            LoseUnflushed();
            return released;
        }
    }
}
